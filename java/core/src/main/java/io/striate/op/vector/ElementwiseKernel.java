package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.KernelRequest;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Unary, binary and PReLU: {@code dst = activation(f(a, b, c))}, operands broadcast as in NumPy.
 */
final class ElementwiseKernel extends TileKernel implements Lines.Body {
  private static final ValueLayout.OfLong OFFSET = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Lines lines;
  private final StagedMap map;

  /** Where the repeated source lies in scratch, behind the offset that it was copied from. */
  private final long repeatedAt;

  /** Bytes of it, once. */
  private final long onceBytes;

  ElementwiseKernel(
      String id, KernelRequest request, Width width, LineFunction function, Activation activation) {
    super(id, request, width);
    long[] dims = request.output().shape().dims();
    List<Strided> operands = new ArrayList<>(List.of(Strided.of(request.output())));
    for (int i = 0; i < function.sources; i++) {
      TensorDesc desc = request.input(i);
      operands.add(Strided.of(desc).broadcastTo(dims));
    }
    lines = new Lines(operands, request.threads(), activation.isNone() ? 1 : 2, true);
    map =
        new StagedMap(
            width,
            function,
            activation,
            lines.laneStride(0),
            lines.laneStride(1),
            lines.laneStride(2),
            lines.laneStride(3));
    repeatedAt = GemmPlan.align(map.scratchBytes() + Long.BYTES);
    onceBytes = ELEMENT * lines.block() / lines.repeats();
  }

  @Override
  public int tiles() {
    return lines.tiles();
  }

  @Override
  public long scratchBytes() {
    return lines.repeats() == 1 ? map.scratchBytes() : repeatedAt + onceBytes * lines.repeats();
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    if (lines.repeats() > 1) {
      scratch.set(OFFSET, map.scratchBytes(), -1); // what scratch holds is another run's
    }
    lines.run(this, in, out, scratch, first, last);
  }

  @Override
  public void line(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long at0,
      long at1,
      long at2,
      long at3,
      long at4,
      int count) {
    MemorySegment a = in[0];
    MemorySegment b = in[Math.min(1, in.length - 1)];
    MemorySegment c = in[in.length - 1];
    int repeated = lines.repeats() == 1 ? 0 : lines.repeated();
    if (repeated == 1) {
      repeat(a, at1, scratch);
      map.run(scratch, repeatedAt, b, at2, c, at3, c, 0, out, at0, count, scratch, 0);
    } else if (repeated == 2) {
      repeat(b, at2, scratch);
      map.run(a, at1, scratch, repeatedAt, c, at3, c, 0, out, at0, count, scratch, 0);
    } else if (repeated == 3) {
      repeat(c, at3, scratch);
      map.run(a, at1, b, at2, scratch, repeatedAt, c, 0, out, at0, count, scratch, 0);
    } else {
      map.run(a, at1, b, at2, c, at3, c, 0, out, at0, count, scratch, 0);
    }
  }

  private void repeat(MemorySegment source, long at, MemorySegment scratch) {
    if (scratch.get(OFFSET, map.scratchBytes()) == at) {
      return;
    }
    for (int i = 0; i < lines.repeats(); i++) {
      MemorySegment.copy(source, at, scratch, repeatedAt + i * onceBytes, onceBytes);
    }
    scratch.set(OFFSET, map.scratchBytes(), at);
  }
}
