package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Copy;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Kernel;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Pool;
import io.striate.op.TileTask;
import io.striate.op.Window;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs allocate nothing once they are compiled: no vector is boxed. At the width that the JVM
 * prefers, as a user's JVM has no other: the JDK's type profiles are shared by all widths.
 */
@Tag("thorough")
class VectorAllocationTest {
  private static final Activation RELU6 = Activation.clip(0, 6);

  @ParameterizedTest
  @EnumSource(names = {"NONE", "RELU", "HARD_SWISH", "TANH", "GELU"})
  void convolution(Activation.Kind kind) {
    Epilogue epilogue = new Epilogue(true, true, new Activation(kind, 0, 0));
    Conv conv = new Conv(Window.of(3, 3).withPadding(1), 1, epilogue);
    check(conv, Shape.of(1, 20, 9, 9), Shape.of(70, 20, 3, 3), Shape.of(70));
  }

  @ParameterizedTest
  @CsvSource({"5,5,1", "1,3,1", "3,1,1", "1,5,1", "1,7,1", "7,1,1", "3,3,2"})
  void convolutionByWinograd(int height, int width, int stride) {
    Window window = Window.of(height, width).withPadding(height / 2, width / 2).withStride(stride);
    Epilogue epilogue = new Epilogue(true, false, RELU6);
    checkChannelsLast(new Conv(window, 1, epilogue), 19, Shape.of(40, 24, height, width));
  }

  /** Tiles of 10x2 with few terms: their 20 results once went through boxes in half of all JVMs. */
  @Test
  void shortSumsOfManyRows() {
    Epilogue epilogue = new Epilogue(true, false, new Activation(Activation.Kind.RELU, 0, 0));
    checkChannelsLast(new Conv(Window.of(3, 3), 1, epilogue), 28, Shape.of(32, 1, 3, 3));
  }

  /** The last tile has one row: its sums were boxed after the reduction, for good. */
  @Test
  void longSumsOfOneRow() {
    Window window = Window.of(3, 3).withPadding(1).withStride(2);
    Epilogue epilogue = new Epilogue(true, false, new Activation(Activation.Kind.RELU, 0, 0));
    checkChannelsLast(new Conv(window, 1, epilogue), 14, Shape.of(64, 512, 3, 3));
  }

  @Test
  void depthwiseConvolution() {
    Conv conv = new Conv(Window.of(3, 3).withPadding(1), 40, new Epilogue(true, false, RELU6));
    check(conv, Shape.of(1, 40, 9, 9), Shape.of(40, 1, 3, 3), Shape.of(40));
  }

  @ParameterizedTest
  @CsvSource({"3,1,CLIP", "3,2,HARD_SWISH", "5,1,SILU", "5,2,RELU", "7,1,CLIP"})
  void depthwiseConvolutionByRows(int kernel, int stride, Activation.Kind kind) {
    Window window = Window.of(kernel, kernel).withPadding(kernel / 2).withStride(stride);
    Epilogue epilogue = new Epilogue(true, false, new Activation(kind, 0, 6));
    checkChannelsLast(new Conv(window, 72, epilogue), 30, Shape.of(72, 1, kernel, kernel));
  }

  @ParameterizedTest
  @CsvSource({"3,1,2,CLIP", "3,2,4,RELU", "3,1,8,RELU", "5,2,8,SILU", "7,1,4,CLIP"})
  void groupsByRows(int kernel, int stride, int perGroup, Activation.Kind kind) {
    Window window = Window.of(kernel, kernel).withPadding(kernel / 2).withStride(stride);
    Epilogue epilogue = new Epilogue(true, false, new Activation(kind, 0, 6));
    Shape weights = Shape.of(72, perGroup, kernel, kernel);
    checkChannelsLast(new Conv(window, 72 / perGroup, epilogue), 30, weights);
  }

  @ParameterizedTest
  @CsvSource({"16,1", "16,2", "48,2"})
  void groupsOfWholeVectors(int perGroup, int stride) {
    Window window = Window.of(3, 3).withPadding(1).withStride(stride);
    Epilogue epilogue = new Epilogue(true, false, new Activation(Activation.Kind.RELU, 0, 0));
    Shape weights = Shape.of(3L * perGroup, perGroup, 3, 3);
    checkChannelsLast(new Conv(window, 3, epilogue), 30, weights);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void denseLayer(int rows) {
    Gemm dense = Gemm.dense(new Epilogue(true, false, Activation.NONE));
    check(dense, Shape.of(rows, 512), Shape.of(1000, 512), Shape.of(1000));
  }

  @ParameterizedTest
  @EnumSource(names = {"RELU", "TANH"})
  void fewOutputChannels(Activation.Kind kind) {
    Epilogue epilogue = new Epilogue(true, false, new Activation(kind, 0, 0));
    checkChannelsLast(
        new Conv(Window.of(5, 5).withPadding(2), 1, epilogue), 28, Shape.of(6, 1, 5, 5));
  }

  /** Runs every kernel of a biased convolution of a square image, channels-last. */
  private static void checkChannelsLast(Conv conv, int size, Shape weights) {
    try (Arena arena = Arena.ofShared()) {
      long channels = weights.dim(1) * conv.groups();
      Tensor x = lastChannels(arena, Shape.of(1, channels, size, size));
      Tensor w = zeros(arena, weights);
      Tensor b = zeros(arena, Shape.of(weights.dim(0)));
      List<Operand> operands =
          List.of(
              Operand.of(x.desc()),
              Operand.constant(w.desc(), w.data()),
              Operand.constant(b.desc(), b.data()));
      Shape shape = conv.infer(operands.stream().map(o -> o.desc().shape()).toList()).get(0);
      Tensor out = lastChannels(arena, shape);
      Offer offer = new VectorProvider().offer(KernelRequest.of(conv, operands, out.desc()));
      MemorySegment none = MemorySegment.NULL;
      for (Offer.Candidate candidate : ((Offer.Accepted) offer).candidates()) {
        check(candidate, List.of(x.data(), none, none), out.data(), arena);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 40})
  void pooling(int channels) {
    Pool pool = Pool.max(Window.of(2, 2).withStride(2));
    Shape source = Shape.of(1, channels, 28, 28);
    try (Arena arena = Arena.ofShared()) {
      Tensor x = lastChannels(arena, source);
      Tensor out = lastChannels(arena, pool.infer(List.of(source)).get(0));
      KernelRequest request = KernelRequest.of(pool, List.of(Operand.of(x.desc())), out.desc());
      Offer offer = new VectorProvider().offer(request);
      for (Offer.Candidate candidate : ((Offer.Accepted) offer).candidates()) {
        check(candidate, List.of(x.data()), out.data(), arena);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 9, 40})
  void transposition(int channels) {
    Shape shape = Shape.of(1, channels, 28, 28);
    try (Arena arena = Arena.ofShared()) {
      Tensor rows = zeros(arena, shape);
      Tensor last = lastChannels(arena, shape);
      for (List<Tensor> pair : List.of(List.of(rows, last), List.of(last, rows))) {
        Operand from = Operand.of(pair.get(0).desc());
        KernelRequest request = KernelRequest.of(new Copy(), List.of(from), pair.get(1).desc());
        Offer offer = new VectorProvider().offer(request);
        for (Offer.Candidate candidate : ((Offer.Accepted) offer).candidates()) {
          check(candidate, List.of(pair.get(0).data()), pair.get(1).data(), arena);
        }
      }
    }
  }

  /** Runs every kernel of an op on zeros, constants but for the source and the residual. */
  private static void check(KernelOp op, Shape source, Shape weights, Shape bias) {
    try (Arena arena = Arena.ofShared()) {
      boolean adds = op instanceof Conv conv && conv.epilogue().hasResidual();
      Tensor x = zeros(arena, source);
      Tensor w = zeros(arena, weights);
      Tensor b = zeros(arena, bias);
      KernelOp bare =
          op instanceof Conv conv
              ? new Conv(conv.window(), conv.groups(), Epilogue.NONE)
              : Gemm.dense(Epilogue.NONE);
      Shape shape = bare.infer(List.of(source, weights)).get(0);
      Tensor out = zeros(arena, shape);
      List<Operand> operands =
          new ArrayList<>(
              List.of(
                  Operand.of(x.desc()),
                  Operand.constant(w.desc(), w.data()),
                  Operand.constant(b.desc(), b.data())));
      MemorySegment none = MemorySegment.NULL;
      List<MemorySegment> inputs = new ArrayList<>(List.of(x.data(), none, none));
      if (adds) {
        Tensor residual = zeros(arena, shape);
        operands.add(Operand.of(residual.desc()));
        inputs.add(residual.data());
      }
      Offer offer = new VectorProvider().offer(KernelRequest.of(op, operands, out.desc()));
      for (Offer.Candidate candidate : ((Offer.Accepted) offer).candidates()) {
        check(candidate, inputs, out.data(), arena);
      }
    }
  }

  private static void check(
      Offer.Candidate candidate, List<MemorySegment> inputs, MemorySegment out, Arena arena) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Kernel kernel = candidate.create()) {
      TileTask task = kernel.bind(inputs, out);
      MemorySegment scratch = arena.allocate(kernel.scratchBytes(), 64);
      long fewest = Long.MAX_VALUE;
      // Interpreted code boxes its vectors: wait until the JIT is done.
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (fewest > 0 && System.nanoTime() < end) {
        long before = threads.getCurrentThreadAllocatedBytes();
        task.run(0, kernel.tiles(), scratch);
        fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, fewest, "bytes allocated by a run of " + candidate.id());
    }
  }

  private static Tensor zeros(Arena arena, Shape shape) {
    return Tensor.allocate(arena, TensorDesc.f32(shape));
  }

  private static Tensor lastChannels(Arena arena, Shape shape) {
    return Tensor.allocate(arena, TensorDesc.f32(shape, Layout.channelsLast(shape)));
  }
}
