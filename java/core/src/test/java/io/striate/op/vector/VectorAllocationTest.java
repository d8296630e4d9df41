package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.TileTask;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs allocate nothing once they are compiled: no vector is boxed. At the width that the JVM
 * prefers, as a user's JVM has no other: the JDK's type profiles are shared by all widths.
 */
class VectorAllocationTest {

  @ParameterizedTest
  @EnumSource(names = {"NONE", "RELU", "TANH", "GELU"})
  void convolution(Activation.Kind kind) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Epilogue epilogue = new Epilogue(true, true, new Activation(kind, 0, 0));
    Conv conv = new Conv(Window.of(3, 3).withPadding(1), 1, epilogue);
    try (Arena arena = Arena.ofShared()) {
      Tensor x = zeros(arena, 1, 20, 9, 9);
      Tensor w = zeros(arena, 70, 20, 3, 3);
      Tensor bias = zeros(arena, 70);
      Tensor residual = zeros(arena, 1, 70, 9, 9);
      Tensor out = zeros(arena, 1, 70, 9, 9);
      List<Operand> operands =
          List.of(
              Operand.of(x.desc()),
              Operand.constant(w.desc(), w.data()),
              Operand.constant(bias.desc(), bias.data()),
              Operand.of(residual.desc()));
      Offer offer = new VectorProvider().offer(KernelRequest.of(conv, operands, out.desc()));
      try (Kernel kernel = ((Offer.Accepted) offer).candidates().get(0).create()) {
        MemorySegment none = MemorySegment.NULL;
        TileTask task = kernel.bind(List.of(x.data(), none, none, residual.data()), out.data());
        MemorySegment scratch = arena.allocate(kernel.scratchBytes(), 64);
        long fewest = Long.MAX_VALUE;
        // Interpreted code boxes its vectors: wait until the JIT is done.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (fewest > 0 && System.nanoTime() < end) {
          long before = threads.getCurrentThreadAllocatedBytes();
          task.run(0, kernel.tiles(), scratch);
          fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, fewest, "bytes allocated by a run");
      }
    }
  }

  private static Tensor zeros(Arena arena, long... dims) {
    return Tensor.allocate(arena, TensorDesc.f32(Shape.of(dims)));
  }
}
