package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.KernelRequest;
import io.striate.op.Operand;
import io.striate.tensor.Layout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The operands of a request as the loops see them. Constants that an op does not pack itself are
 * copied to dense memory of the kernel, because the caller's may be gone after create.
 */
final class Sources {
  private final KernelRequest request;
  private final boolean[] taken;

  Sources(KernelRequest request) {
    this.request = request;
    this.taken = new boolean[request.inputs().size()];
  }

  /** How operand {@code i} lies in the memory that the loops are given. */
  View view(int i) {
    Operand operand = request.inputs().get(i);
    return operand.constant().isPresent() ? dense(operand) : View.of(operand.desc());
  }

  private static View dense(Operand operand) {
    return View.of(operand.desc().shape(), Layout.rowMajor(operand.desc().shape()));
  }

  View output() {
    return View.of(request.output());
  }

  /**
   * The caller's memory of a constant, to be packed now; its layout is {@link #takenView}. Empty if
   * given at run.
   */
  Optional<MemorySegment> take(int i) {
    taken[i] = true;
    return request.inputs().get(i).constant();
  }

  /** Layout of the caller's memory of operand {@code i}. */
  View takenView(int i) {
    return View.of(request.input(i));
  }

  /**
   * Copies of the constants that nobody took, at their operand's place; other places hold no
   * memory.
   */
  MemorySegment[] resident(Arena arena) {
    MemorySegment[] out = new MemorySegment[taken.length];
    for (int i = 0; i < out.length; i++) {
      Operand operand = request.inputs().get(i);
      out[i] =
          taken[i] || operand.constant().isEmpty()
              ? MemorySegment.NULL
              : copy(arena, takenView(i), dense(operand), operand.constant().get());
    }
    return out;
  }

  private static MemorySegment copy(Arena arena, View from, View to, MemorySegment data) {
    MemorySegment out = arena.allocate(to.elements() * Float.BYTES, Float.BYTES);
    Rows rows = new Rows(to);
    long step = rows.step(from);
    for (long row = 0; row < rows.count; row++) {
      long at = rows.start(from, row);
      long toAt = rows.start(to, row);
      for (long i = 0; i < rows.length; i++) {
        out.set(FLOAT, toAt + i * rows.step(to), data.get(FLOAT, at + i * step));
      }
    }
    return out;
  }
}
