package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.op.Accuracy;
import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Kernel;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Provider;
import io.striate.op.TileTask;
import io.striate.op.Window;
import io.striate.op.scalar.ScalarProvider;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the op contracts do not see: that the cut into blocks, panels and tiles never shows in the
 * result. Operands are small integers, so every order of summation is exact and results must equal
 * the scalar provider's.
 */
@Tag("thorough")
class VectorGemmTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final float GAP = 12345f;

  /** A request with its memory. */
  private record Case(KernelRequest request, List<MemorySegment> inputs, Tensor output) {}

  /** Hundreds of kernels run a few times each: none waits for the JIT. */
  @BeforeAll
  static void doNotWait() {
    System.setProperty(WarmUp.PATIENCE, "0");
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void randomConvolutionsEqualTheOracle(int bits) {
    forSeeds(bits, 150, random -> convolution(random));
  }

  /** Their pixels are copied by vectors, up to four of them. */
  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void groupsOfWholeVectorsEqualTheOracle(int bits) {
    int lanes = bits / Float.SIZE;
    forSeeds(
        bits, 40, random -> convolution(random, 2, 2, lanes * (1 + random.nextInt(5)), 1 + lanes));
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void randomTransposedConvolutionsEqualTheOracle(int bits) {
    forSeeds(bits, 80, random -> transposed(random));
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void randomMatrixProductsEqualTheOracle(int bits) {
    forSeeds(bits, 80, random -> product(random));
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void longSumsWaitInScratchBetweenBlocksOfTerms(int bits) {
    Random random = new Random(bits);
    Conv conv = Conv.of(Window.of(3, 3).withPadding(1));
    Shape x = Shape.of(1, 1100, 5, 6);
    check(bits, request(random, conv, List.of(x, Shape.of(70, 1100, 3, 3)), 1), "many channels");
    Gemm gemm = Gemm.dense(Epilogue.NONE);
    check(
        bits,
        request(random, gemm, List.of(Shape.of(2, 9000), Shape.of(33, 9000)), 1),
        "long rows");
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void threadsAndBatchDoNotChangeABit(int bits) {
    Random random = new Random(7);
    Conv conv =
        new Conv(Window.of(3, 3).withPadding(1), 1, Epilogue.NONE.withActivation(Activation.TANH));
    Shape weights = Shape.of(40, 24, 3, 3);
    float[] w = floats(random, weights);
    float[] batch = floats(random, Shape.of(3, 24, 20, 23));
    float[] whole = run(bits, conv, Shape.of(3, 24, 20, 23), batch, weights, w, 1);
    assertArrayEquals(
        whole, run(bits, conv, Shape.of(3, 24, 20, 23), batch, weights, w, 8), "threads");
    int image = 24 * 20 * 23;
    int result = 40 * 20 * 23;
    for (int n = 0; n < 3; n++) {
      float[] one = Arrays.copyOfRange(batch, n * image, (n + 1) * image);
      assertArrayEquals(
          Arrays.copyOfRange(whole, n * result, (n + 1) * result),
          run(bits, conv, Shape.of(1, 24, 20, 23), one, weights, w, 2),
          "image " + n);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void useAfterCloseIsAnException(int bits) {
    Case c = product(new Random(5));
    Kernel kernel = create(provider(bits), c.request);
    TileTask task = kernel.bind(c.inputs, c.output.data());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scratch = arena.allocate(kernel.scratchBytes(), 64);
      kernel.close();
      kernel.close();
      assertThrows(IllegalStateException.class, () -> task.run(0, 1, scratch));
      assertThrows(IllegalStateException.class, () -> kernel.bind(c.inputs, c.output.data()));
    }
  }

  /** A test of a width that this machine lacks is skipped. */
  private static VectorProvider provider(int bits) {
    VectorProvider provider = new VectorProvider(bits);
    assumeTrue(provider.unavailable().isEmpty(), () -> provider.unavailable().orElse(""));
    return provider;
  }

  private static void forSeeds(int bits, int count, Function<Random, Case> make) {
    for (int seed = 0; seed < count; seed++) {
      check(bits, make.apply(new Random(seed)), "seed " + seed);
    }
  }

  private static void check(int bits, Case c, String name) {
    String what =
        name
            + ": "
            + c.request.op()
            + " of "
            + c.request.inputs().stream().map(Operand::desc).toList();
    Tensor expected = Tensor.allocate(Arena.ofAuto(), c.output.desc());
    expected.data().copyFrom(c.output.data());
    run(new ScalarProvider(), c.request, c.inputs, expected);
    run(provider(bits), c.request, c.inputs, c.output);
    assertArrayEquals(expected.toArray(), c.output.toArray(), what);
    // With gaps compared too, nothing was written outside of the tensor.
    assertEquals(
        -1, expected.data().mismatch(c.output.data()), what + ": memory between elements changed");
  }

  private static void run(
      Provider provider, KernelRequest request, List<MemorySegment> inputs, Tensor out) {
    try (Kernel kernel = create(provider, request);
        Arena arena = Arena.ofConfined()) {
      assertTrue(kernel.tiles() >= 1);
      MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes()), 64);
      for (long i = 0; i + 4 <= scratch.byteSize(); i += 4) {
        scratch.set(FLOAT, i, Float.NaN);
      }
      TileTask task = kernel.bind(inputs, out.data());
      for (int t = kernel.tiles() - 1; t >= 0; t--) {
        task.run(t, t + 1, scratch);
      }
    }
  }

  private static Kernel create(Provider provider, KernelRequest request) {
    return switch (provider.offer(request)) {
      case Offer.Accepted accepted -> accepted.candidates().get(0).create();
      case Offer.Refused refused -> throw new AssertionError(refused.reason());
    };
  }

  private static float[] run(
      int bits, Conv conv, Shape xs, float[] x, Shape ws, float[] w, int threads) {
    Tensor out =
        Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(conv.infer(List.of(xs, ws)).get(0)));
    Tensor source = Tensor.of(xs, x);
    Tensor weights = Tensor.of(ws, w);
    KernelRequest request =
        KernelRequest.of(
                conv,
                List.of(
                    Operand.of(source.desc()), Operand.constant(weights.desc(), weights.data())),
                out.desc())
            .withThreads(threads);
    run(provider(bits), request, List.of(source.data(), MemorySegment.NULL), out);
    return out.toArray();
  }

  private static Case convolution(Random random) {
    int rank = 1 + random.nextInt(3);
    boolean depthwise = random.nextInt(4) == 0;
    int groups = depthwise ? 2 + random.nextInt(70) : Math.max(1, random.nextInt(6) - 1);
    int channels = depthwise ? 1 : 1 + random.nextInt(random.nextBoolean() ? 5 : 40);
    int outChannels = depthwise ? 1 : 1 + random.nextInt(random.nextBoolean() ? 5 : 90);
    return convolution(random, rank, groups, channels, outChannels);
  }

  /** One with so many channels and outputs per group. */
  private static Case convolution(
      Random random, int rank, int groups, int channels, int outChannels) {
    Window window = window(random, rank);
    long[] x = {1 + random.nextInt(3), (long) groups * channels, 0, 0, 0};
    long[] w = {(long) groups * outChannels, channels, 0, 0, 0};
    for (int i = 0; i < rank; i++) {
      x[i + 2] = window.extent(i) + random.nextInt(rank == 1 ? 500 : 12);
      w[i + 2] = window.kernel().get(i);
    }
    Epilogue epilogue = epilogue(random);
    Conv conv = new Conv(window, groups, epilogue);
    List<Shape> shapes = new ArrayList<>();
    shapes.add(Shape.of(Arrays.copyOf(x, rank + 2)));
    shapes.add(Shape.of(Arrays.copyOf(w, rank + 2)));
    Shape out = new Conv(window, groups, Epilogue.NONE).infer(shapes).get(0);
    return request(
        random, conv, withEpilogue(shapes, epilogue, out.dim(1), out), 1 + random.nextInt(3));
  }

  private static Case transposed(Random random) {
    int rank = 1 + random.nextInt(3);
    int groups = random.nextInt(3) == 0 ? 2 : 1;
    int channels = 1 + random.nextInt(20);
    int outChannels = 1 + random.nextInt(40);
    Window window = window(random, rank);
    Integer[] extra = new Integer[rank];
    long[] x = {1 + random.nextInt(2), (long) groups * channels, 0, 0, 0};
    long[] w = {(long) groups * channels, outChannels, 0, 0, 0};
    for (int i = 0; i < rank; i++) {
      extra[i] = random.nextInt(Math.max(window.stride().get(i), window.dilation().get(i)));
      x[i + 2] = 4L + random.nextInt(8);
      w[i + 2] = window.kernel().get(i);
    }
    Epilogue epilogue = epilogue(random);
    List<Shape> shapes = new ArrayList<>();
    shapes.add(Shape.of(Arrays.copyOf(x, rank + 2)));
    shapes.add(Shape.of(Arrays.copyOf(w, rank + 2)));
    ConvTranspose plain = new ConvTranspose(window, List.of(extra), groups, Epilogue.NONE);
    Shape out = plain.infer(shapes).get(0);
    ConvTranspose op = new ConvTranspose(window, List.of(extra), groups, epilogue);
    return request(
        random, op, withEpilogue(shapes, epilogue, out.dim(1), out), 1 + random.nextInt(3));
  }

  private static Case product(Random random) {
    int m = 1 + random.nextInt(random.nextBoolean() ? 3 : 60);
    int n = 1 + random.nextInt(100);
    int k = 1 + random.nextInt(50);
    boolean transA = random.nextBoolean();
    boolean transB = random.nextBoolean();
    List<Long> a =
        new ArrayList<>(transA ? List.of((long) k, (long) m) : List.of((long) m, (long) k));
    List<Long> b =
        new ArrayList<>(transB ? List.of((long) n, (long) k) : List.of((long) k, (long) n));
    for (int lead = random.nextInt(3); lead > 0; lead--) {
      long size = 1L + random.nextInt(3);
      a.add(0, random.nextInt(4) == 0 ? 1 : size);
      b.add(0, random.nextInt(2) == 0 ? 1 : size);
    }
    Epilogue epilogue = epilogue(random);
    List<Shape> shapes = new ArrayList<>(List.of(Shape.of(a), Shape.of(b)));
    Shape out = new Gemm(transA, transB, Epilogue.NONE).infer(shapes).get(0);
    Gemm gemm = new Gemm(transA, transB, epilogue);
    return request(random, gemm, withEpilogue(shapes, epilogue, n, out), 1 + random.nextInt(3));
  }

  private static Window window(Random random, int rank) {
    Integer[][] v = new Integer[5][rank];
    for (int i = 0; i < rank; i++) {
      v[0][i] = 1 + random.nextInt(4);
      v[1][i] = 1 + random.nextInt(3);
      v[2][i] = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
      v[3][i] = random.nextInt(2) * random.nextInt(3);
      v[4][i] = random.nextInt(2) * random.nextInt(3);
    }
    return Window.of(v[0])
        .withStride(v[1])
        .withDilation(v[2])
        .withPadding(List.of(v[3]), List.of(v[4]));
  }

  private static Epilogue epilogue(Random random) {
    List<Activation> exact =
        List.of(
            Activation.NONE, Activation.RELU, Activation.clip(-3, 5), Activation.leakyRelu(0.5f));
    return new Epilogue(
        random.nextBoolean(), random.nextBoolean(), exact.get(random.nextInt(exact.size())));
  }

  private static List<Shape> withEpilogue(
      List<Shape> shapes, Epilogue epilogue, long channels, Shape out) {
    List<Shape> all = new ArrayList<>(shapes);
    all.addAll(Collections.nCopies(epilogue.hasBias() ? 1 : 0, Shape.of(channels)));
    all.addAll(Collections.nCopies(epilogue.hasResidual() ? 1 : 0, out));
    return all;
  }

  /** Random layouts and data for all operands; the second one is now and then given at run. */
  private static Case request(Random random, KernelOp op, List<Shape> shapes, int threads) {
    List<Operand> operands = new ArrayList<>();
    List<MemorySegment> memory = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      boolean image = i == 0 || (shapes.get(i).rank() > 2 && i > 1);
      Tensor t =
          tensor(shapes.get(i), layout(random, shapes.get(i), image && !(op instanceof Gemm)));
      t.copyFrom(floats(random, shapes.get(i)));
      boolean constant = i == 1 ? random.nextInt(4) > 0 : i > 1 && random.nextBoolean();
      operands.add(constant ? Operand.constant(t.desc(), t.data()) : Operand.of(t.desc()));
      memory.add(constant ? MemorySegment.NULL : t.data());
    }
    Shape shape = op.infer(shapes).get(0);
    Layout layout = layout(random, shape, !(op instanceof Gemm));
    Tensor out = tensor(shape, layout);
    KernelRequest request =
        new KernelRequest(op, operands, out.desc(), threads, Accuracy.STRICT, Optional.empty());
    return new Case(request, memory, out);
  }

  private static Layout layout(Random random, Shape shape, boolean image) {
    if (image && random.nextInt(4) > 0) {
      return Layout.channelsLast(shape, shape.dim(1) + (long) random.nextInt(2) * random.nextInt(9))
          .shifted(random.nextInt(4));
    }
    return Layout.rowMajor(shape);
  }

  private static Tensor tensor(Shape shape, Layout layout) {
    Tensor t = Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape, layout));
    for (long i = 0; i + 4 <= t.data().byteSize(); i += 4) {
      t.data().set(FLOAT, i, GAP);
    }
    return t;
  }

  private static float[] floats(Random random, Shape shape) {
    float[] out = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] = random.nextInt(9) - 4;
    }
    return out;
  }
}
