package io.striate.op.ffm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.bindings.LoadResult;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Copy;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Kernel;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Lrn;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Provider;
import io.striate.op.Reduce;
import io.striate.op.Resize;
import io.striate.op.Softmax;
import io.striate.op.TileTask;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.op.scalar.ScalarProvider;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op record reaches the native libraries as it was meant, and kernels end well. */
class FfmProviderTest {
  private static final Window WINDOW =
      Window.of(3, 2).withStride(2, 1).withPadding(List.of(1, 0), List.of(0, 1));

  /** An op with operands; those from {@code firstConstant} on are constants. */
  record Example(String name, KernelOp op, int firstConstant, List<Shape> shapes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Example example(String name, KernelOp op, int firstConstant, long[]... shapes) {
    return new Example(name, op, firstConstant, Arrays.stream(shapes).map(Shape::of).toList());
  }

  private static long[] dims(long... dims) {
    return dims;
  }

  private static List<Example> examples() {
    Epilogue all = new Epilogue(true, true, Activation.leakyRelu(0.25f));
    long[] image = dims(2, 6, 9, 8);
    long[] c = dims(6);
    return List.of(
        example(
            "conv",
            new Conv(WINDOW, 2, all),
            1,
            image,
            dims(4, 3, 3, 2),
            dims(4),
            dims(2, 4, 4, 8)),
        example("conv1d", Conv.of(Window.of(3)), 1, dims(1, 5, 9), dims(7, 5, 3)),
        example("conv3d", Conv.of(Window.of(2, 2, 3)), 1, dims(1, 3, 4, 5, 6), dims(4, 3, 2, 2, 3)),
        example(
            "conv_transpose",
            new ConvTranspose(
                Window.of(3, 3).withStride(2).withPadding(1), List.of(1, 0), 2, Epilogue.BIAS),
            1,
            dims(1, 4, 5, 4),
            dims(4, 3, 3, 3),
            dims(6)),
        example("dense", Gemm.dense(Epilogue.BIAS), 1, dims(3, 20), dims(11, 20), dims(11)),
        example("gemm", new Gemm(true, false, Epilogue.NONE), 9, dims(2, 1, 7, 5), dims(3, 7, 4)),
        example("max_pool", Pool.max(WINDOW), 1, image),
        example("average", Pool.average(WINDOW).withCeilMode(true), 1, image),
        example("average_include_pad", Pool.averageIncludePad(WINDOW), 1, image),
        example("lp_pool", Pool.lp(WINDOW, 2), 1, image),
        example("weighted_pool", Pool.weighted(WINDOW), 1, image, dims(3, 2)),
        example("batch_norm", new BatchNorm(1e-3f, Activation.RELU), 1, image, c, c, c, c),
        example("lrn_across", new Lrn(5, 1e-2f, 0.75f, 1, false), 1, image),
        example("lrn_within", new Lrn(3, 1e-2f, 0.75f, 1, true), 1, image),
        example("relu", new Unary(Activation.RELU), 1, image),
        example("scaled_tanh", new Unary(Activation.SCALED_TANH), 1, image),
        example("clip", new Unary(Activation.clip(-0.5f, 0.25f)), 1, dims(7)),
        example("prelu", new PRelu(), 1, image, dims(6, 1, 1)),
        example("softmax", new Softmax(-1, false), 1, dims(3, 17)),
        example("log_softmax", new Softmax(1, true), 1, dims(2, 5, 3)),
        example("add", new Binary(Binary.Kind.ADD, Activation.RELU), 9, image, image),
        example("sub", Binary.of(Binary.Kind.SUB), 9, image, dims(6, 1, 1)),
        example("mul", Binary.of(Binary.Kind.MUL), 9, dims(8), image),
        example(
            "multiply_add",
            Binary.multiplyAdd().withActivation(Activation.RELU),
            9,
            dims(6, 1, 1),
            image,
            image),
        example("div_scalar", Binary.of(Binary.Kind.DIV), 1, image, dims()),
        example("mean", new Reduce(Reduce.Kind.MEAN, List.of(2, -1), false), 1, image),
        example("sum_all", new Reduce(Reduce.Kind.SUM, List.of(), false), 1, dims(3, 4)),
        example("max_keep", new Reduce(Reduce.Kind.MAX, List.of(1), true), 1, image),
        example(
            "pad",
            new Pad(Pad.Mode.CONSTANT, List.of(0L, 1L, 2L, -1L), List.of(0L, 0L, 1L, 2L), 0.5f),
            1,
            image),
        example(
            "pad_reflect",
            new Pad(Pad.Mode.REFLECT, List.of(0L, 0L, 2L, 1L), List.of(0L, 0L, 1L, 2L), 0),
            1,
            image),
        example(
            "resize_nearest",
            new Resize(
                Resize.Mode.NEAREST,
                Resize.Coordinates.ASYMMETRIC,
                Resize.Nearest.FLOOR,
                List.of(),
                List.of(2f, 3f)),
            1,
            image),
        example(
            "resize_linear",
            new Resize(
                Resize.Mode.LINEAR,
                Resize.Coordinates.HALF_PIXEL,
                Resize.Nearest.ROUND_PREFER_FLOOR,
                List.of(5L, 13L),
                List.of()),
            1,
            image),
        example("copy", new Copy(), 1, image));
  }

  private static Stream<Object[]> examplesOfProviders() {
    return Stream.of(FfmProvider.cpu(), FfmProvider.onednn())
        .flatMap(provider -> examples().stream().map(e -> new Object[] {provider, e}));
  }

  private static void skipUnless(boolean possible, String reason) {
    if (!possible) {
      System.out.println("skipped: " + reason);
    }
    Assumptions.assumeTrue(possible, reason);
  }

  private static FfmProvider cpu() {
    skipUnless(FfmProvider.cpu().unavailable().isEmpty(), "" + FfmProvider.cpu().unavailable());
    return FfmProvider.cpu();
  }

  /** Channels-last with a pitch where a tensor is an image, shifted in its memory. */
  private static TensorDesc image(Shape shape) {
    Layout layout =
        shape.rank() >= 3 ? Layout.channelsLast(shape, shape.dim(1) + 3) : Layout.rowMajor(shape);
    return TensorDesc.f32(shape, layout.shifted(5));
  }

  private static MemorySegment random(TensorDesc desc, Arena arena, Random random) {
    MemorySegment memory = arena.allocate(desc.spanBytes(), 64);
    for (long i = 0; i < memory.byteSize() / Float.BYTES; i++) {
      memory.setAtIndex(JAVA_FLOAT, i, 0.25f + random.nextFloat());
    }
    return memory;
  }

  private record Bound(KernelRequest request, List<MemorySegment> inputs) {}

  private static Bound bound(Example example, Arena arena) {
    Random random = new Random(7);
    List<Operand> operands = new ArrayList<>();
    List<MemorySegment> inputs = new ArrayList<>();
    for (int i = 0; i < example.shapes().size(); i++) {
      Shape shape = example.shapes().get(i);
      boolean weights = i >= example.firstConstant();
      TensorDesc desc =
          weights ? TensorDesc.f32(shape, Layout.rowMajor(shape).shifted(2)) : image(shape);
      MemorySegment data = random(desc, arena, random);
      if (weights && i % 2 == 0) { // Constants may lie on the heap.
        data = MemorySegment.ofArray(data.toArray(JAVA_FLOAT));
      }
      operands.add(weights ? Operand.constant(desc, data) : Operand.of(desc));
      inputs.add(weights ? MemorySegment.NULL : data);
    }
    Shape out = example.op().infer(example.shapes()).get(0);
    return new Bound(KernelRequest.of(example.op(), operands, image(out)), inputs);
  }

  private static float[] run(Provider provider, Bound bound, Arena arena) {
    Offer.Accepted offer = assertInstanceOf(Offer.Accepted.class, provider.offer(bound.request()));
    MemorySegment output = arena.allocate(bound.request().output().spanBytes(), 64);
    output.fill((byte) 0x7f);
    try (Kernel kernel = offer.candidates().get(0).create()) {
      assertEquals(offer.candidates().get(0).id(), kernel.id());
      MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes()), 64);
      TileTask task = kernel.bind(bound.inputs(), output);
      int half = kernel.tiles() / 2;
      task.run(half, kernel.tiles(), scratch);
      task.run(0, half, scratch);
    }
    return output.toArray(JAVA_FLOAT);
  }

  @ParameterizedTest
  @MethodSource("examplesOfProviders")
  void agreesWithTheOracle(FfmProvider provider, Example example) {
    skipUnless(provider.unavailable().isEmpty(), provider + ": " + provider.unavailable());
    try (Arena arena = Arena.ofConfined()) {
      Bound bound = bound(example, arena);
      if (provider.offer(bound.request()) instanceof Offer.Refused refused) {
        skipUnless(false, provider + " refuses " + example + ": " + refused.reason());
      }
      float[] expected = run(new ScalarProvider(), bound, arena);
      float[] actual = run(provider, bound, arena);
      assertEquals(expected.length, actual.length);
      for (int i = 0; i < expected.length; i++) {
        // Gaps keep their filling, so they are compared too.
        float bound1 = 2e-5f * Math.max(1, Math.abs(expected[i]));
        boolean equal = Math.abs(expected[i] - actual[i]) <= bound1 || expected[i] == actual[i];
        assertTrue(equal, "element " + i + ": " + expected[i] + " expected, was " + actual[i]);
      }
    }
  }

  private static Bound conv(Arena arena) {
    return bound(
        example("conv", Conv.of(Window.of(3, 3)), 1, dims(1, 32, 12, 12), dims(48, 32, 3, 3)),
        arena);
  }

  private static Kernel kernel(FfmProvider provider, Bound bound) {
    Offer.Accepted offer = assertInstanceOf(Offer.Accepted.class, provider.offer(bound.request()));
    return offer.candidates().get(0).create();
  }

  @Test
  void closedKernelsThrow() {
    FfmProvider provider = cpu();
    try (Arena arena = Arena.ofConfined()) {
      Bound bound = conv(arena);
      MemorySegment output = arena.allocate(bound.request().output().spanBytes(), 64);
      Kernel kernel = kernel(provider, bound);
      MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes()), 64);
      TileTask task = kernel.bind(bound.inputs(), output);
      task.run(0, kernel.tiles(), scratch);
      int tiles = kernel.tiles();
      assertThrows(IndexOutOfBoundsException.class, () -> task.run(0, tiles + 1, scratch));
      assertThrows(IndexOutOfBoundsException.class, () -> task.run(-1, tiles, scratch));
      kernel.close();
      kernel.close();
      assertThrows(IllegalStateException.class, () -> task.run(0, tiles, scratch));
      assertThrows(IllegalStateException.class, () -> kernel.bind(bound.inputs(), output));
    }
  }

  @Test
  void closedMemoryThrows() {
    FfmProvider provider = cpu();
    try (Arena arena = Arena.ofConfined()) {
      Bound bound = conv(arena);
      try (Kernel kernel = kernel(provider, bound)) {
        MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes()), 64);
        TileTask task;
        try (Arena brief = Arena.ofConfined()) {
          MemorySegment output = brief.allocate(bound.request().output().spanBytes(), 64);
          task = kernel.bind(bound.inputs(), output);
          task.run(0, kernel.tiles(), scratch);
        }
        assertThrows(IllegalStateException.class, () -> task.run(0, kernel.tiles(), scratch));
      }
    }
  }

  @Test
  void wrongMemoryIsRefused() {
    FfmProvider provider = cpu();
    try (Arena arena = Arena.ofConfined()) {
      Bound free = conv(arena);
      long bytes = free.request().output().spanBytes();
      MemorySegment bothIn = arena.allocate(free.inputs().get(0).byteSize() + bytes, 64);
      Bound bound = new Bound(free.request(), List.of(bothIn, MemorySegment.NULL));
      try (Kernel kernel = kernel(provider, bound)) {
        for (MemorySegment bad :
            List.of(
                arena.allocate(bytes - 4, 64),
                MemorySegment.ofArray(new float[(int) bytes / 4]),
                arena.allocate(bytes, 64).asReadOnly(),
                bothIn.asSlice(4, bytes))) {
          assertThrows(IllegalArgumentException.class, () -> kernel.bind(bound.inputs(), bad));
        }
      }
    }
  }

  @Test
  void forcedKernelIds() {
    FfmProvider provider = cpu();
    try (Arena arena = Arena.ofConfined()) {
      KernelRequest request = conv(arena).request();
      Offer.Accepted all = assertInstanceOf(Offer.Accepted.class, provider.offer(request));
      for (Offer.Candidate candidate : all.candidates()) {
        Offer.Accepted one =
            assertInstanceOf(
                Offer.Accepted.class, provider.offer(request.withKernelId(candidate.id())));
        assertEquals(1, one.candidates().size());
        try (Kernel kernel = one.candidates().get(0).create()) {
          assertEquals(candidate.id(), kernel.id());
        }
      }
      Offer.Refused refused =
          assertInstanceOf(
              Offer.Refused.class, provider.offer(request.withKernelId("conv/no/such")));
      assertTrue(refused.reason().contains("conv/no/such"), refused.reason());
    }
  }

  @Test
  void instructionSetsAreCapped() {
    skipUnless(FfmProvider.cpu().unavailable().isEmpty(), "" + FfmProvider.cpu().unavailable());
    assertThrows(IllegalArgumentException.class, () -> FfmProvider.cpu("avx3"));
    FfmProvider portable = FfmProvider.cpu("portable");
    assertTrue(portable.describe().endsWith("running portable"), portable.describe());
    assertTrue(portable.copyFormat().matches(".*, L2 \\d+ KB, .*"), portable.copyFormat());
    try (Arena arena = Arena.ofConfined();
        Kernel kernel = kernel(portable, conv(arena))) {
      assertTrue(kernel.id().contains("/portable/"), kernel.id());
    }
  }

  @Test
  void anAbsentLibraryRefusesWithItsReason() {
    LoadResult missing =
        new LoadResult.Unavailable("striate", LoadResult.Reason.MISSING, "it is not here");
    FfmProvider provider = FfmProvider.of("cpu", missing);
    assertEquals("it is not here", provider.unavailable().orElseThrow());
    assertTrue(provider.describe().contains("it is not here"));
    try (Arena arena = Arena.ofConfined()) {
      Offer.Refused refused =
          assertInstanceOf(Offer.Refused.class, provider.offer(conv(arena).request()));
      assertEquals("it is not here", refused.reason());
    }
  }

  @Test
  void closeWhileOthersRun() throws Exception {
    FfmProvider provider = cpu();
    try (Arena arena = Arena.ofShared()) {
      Bound bound = conv(arena);
      for (int round = 0; round < 50; round++) {
        Kernel kernel = kernel(provider, bound);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          MemorySegment output = arena.allocate(bound.request().output().spanBytes(), 64);
          MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes()), 64);
          TileTask task = kernel.bind(bound.inputs(), output);
          threads.add(
              Thread.ofPlatform()
                  .start(
                      () -> {
                        try {
                          for (int n = 0; n < 1_000_000; n++) {
                            task.run(0, kernel.tiles(), scratch);
                          }
                        } catch (IllegalStateException closed) {
                          return;
                        }
                      }));
        }
        Thread.sleep(1);
        kernel.close();
        for (Thread thread : threads) {
          thread.join();
        }
      }
    }
  }
}
