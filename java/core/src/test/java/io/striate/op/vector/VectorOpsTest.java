package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.striate.ChildJvm;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Copy;
import io.striate.op.GlobalPool;
import io.striate.op.Kernel;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Lrn;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Resize;
import io.striate.op.Softmax;
import io.striate.op.TileTask;
import io.striate.op.Unary;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract tests do not ask of the vector kernels: no allocation, closing, refusals. */
class VectorOpsTest {
  private static final Shape IMAGE = Shape.of(1, 37, 14, 14);
  private static final int STEADY_RUNS = 200;
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  /** One op of each kernel and loop, on channels-last with a gap and on row-major memory. */
  private static List<KernelOp> ops() {
    Window window = Window.of(3, 3).withStride(2).withPadding(1);
    return List.of(
        Pool.max(window),
        Pool.average(window),
        Pool.lp(window, 2),
        Pool.lp(window, 3),
        GlobalPool.average().toPool(IMAGE),
        new Lrn(5, 1e-4f, 0.75f, 1, false),
        new Lrn(3, 1e-4f, 0.6f, 1, true),
        new Unary(Activation.RELU),
        new Unary(Activation.GELU),
        Binary.of(Binary.Kind.ADD),
        Binary.multiplyAdd(),
        new PRelu(),
        new BatchNorm(1e-5f, Activation.RELU),
        new Softmax(1, false),
        new Softmax(3, true),
        new Reduce(Reduce.Kind.MEAN, List.of(2, 3), true),
        new Reduce(Reduce.Kind.MAX, List.of(1), false),
        new Pad(Pad.Mode.REFLECT, List.of(0L, 0L, 2L, 1L), List.of(0L, 0L, 1L, 2L), 0),
        new Resize(
            Resize.Mode.LINEAR,
            Resize.Coordinates.HALF_PIXEL,
            Resize.Nearest.FLOOR,
            List.of(21L, 9L),
            List.of()),
        new Resize(
            Resize.Mode.NEAREST,
            Resize.Coordinates.ASYMMETRIC,
            Resize.Nearest.FLOOR,
            List.of(28L, 28L),
            List.of()),
        new Copy());
  }

  private static TensorDesc desc(Shape shape, boolean channelsLast) {
    return TensorDesc.f32(
        shape,
        channelsLast && shape.rank() == 4
            ? Layout.channelsLast(shape, shape.dim(1) + 11)
            : Layout.rowMajor(shape));
  }

  private static KernelRequest request(KernelOp op, boolean channelsLast) {
    List<Shape> shapes = new ArrayList<>(List.of(IMAGE));
    if (op instanceof Binary binary) {
      shapes.add(Shape.of(1, IMAGE.dim(1), 1, 1));
      if (binary.hasAddend()) {
        shapes.add(IMAGE);
      }
    } else if (op instanceof PRelu) {
      shapes.add(Shape.of(IMAGE.dim(1), 1, 1));
    } else if (op instanceof BatchNorm) {
      for (int i = 0; i < 4; i++) {
        shapes.add(Shape.of(IMAGE.dim(1)));
      }
    }
    return KernelRequest.of(
        op,
        shapes.stream().map(s -> Operand.of(desc(s, channelsLast))).toList(),
        desc(op.infer(shapes).get(0), channelsLast));
  }

  private static VectorProvider provider(int bits) {
    VectorProvider provider = new VectorProvider(bits);
    assumeTrue(provider.unavailable().isEmpty(), () -> provider.unavailable().orElse(""));
    return provider;
  }

  private static Kernel create(VectorProvider provider, KernelRequest request) {
    Offer.Accepted offer = assertInstanceOf(Offer.Accepted.class, provider.offer(request));
    return offer.candidates().get(0).create();
  }

  /**
   * In a JVM of its own for every width: where one JVM runs several, the Vector API's own methods
   * see several classes of vectors, and C2 does not always unbox them.
   */
  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void runAllocatesNothingOnceCompiled(int bits) throws Exception {
    provider(bits);
    ChildJvm.Result result =
        ChildJvm.run(
            VectorOpsTest.class,
            List.of("--add-modules", "jdk.incubator.vector,jdk.management"),
            List.of(Integer.toString(bits)));
    assertEquals(0, result.code(), result.output());
    assertTrue(result.output().contains("vector" + bits), result.output());
  }

  /** Runs every op at a width until it allocates nothing; exits with 1 if one always does. */
  public static void main(String[] args) {
    VectorProvider provider = new VectorProvider(Integer.parseInt(args[0]));
    boolean clean = true;
    for (boolean channelsLast : new boolean[] {true, false}) {
      for (KernelOp op : ops()) {
        KernelRequest request = request(op, channelsLast);
        try (Kernel kernel = create(provider, request)) {
          long bytes = steadyBytes(kernel, request);
          clean &= bytes == 0;
          System.out.println(
              kernel.id() + (channelsLast ? " channels-last: " : " row-major: ") + bytes + " B");
        }
      }
    }
    System.exit(clean ? 0 : 1);
  }

  /** Bytes allocated by some hundred runs once they are compiled. */
  private static long steadyBytes(Kernel kernel, KernelRequest request) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<MemorySegment> inputs =
        request.inputs().stream()
            .map(i -> Tensor.allocate(Arena.ofAuto(), i.desc()).data())
            .toList();
    MemorySegment output = Tensor.allocate(Arena.ofAuto(), request.output()).data();
    MemorySegment scratch = Arena.ofAuto().allocate(Math.max(64, kernel.scratchBytes()), 64);
    TileTask task = kernel.bind(inputs, output);
    int tiles = kernel.tiles();
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    long bytes;
    do {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < STEADY_RUNS; i++) {
        task.run(0, tiles, scratch);
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > 0 && System.nanoTime() < deadline);
    return bytes;
  }

  @Test
  void closedKernelsRefuse() {
    VectorProvider provider = provider(Width.preferred().bits());
    for (KernelOp op : ops()) {
      KernelRequest request = request(op, true);
      Kernel kernel = create(provider, request);
      List<MemorySegment> inputs =
          request.inputs().stream()
              .map(i -> Tensor.allocate(Arena.ofAuto(), i.desc()).data())
              .toList();
      MemorySegment output = Tensor.allocate(Arena.ofAuto(), request.output()).data();
      MemorySegment scratch = Arena.ofAuto().allocate(Math.max(64, kernel.scratchBytes()), 64);
      TileTask task = kernel.bind(inputs, output);
      kernel.close();
      kernel.close();
      assertThrows(IllegalStateException.class, () -> task.run(0, 1, scratch), kernel.id());
      assertThrows(IllegalStateException.class, () -> kernel.bind(inputs, output), kernel.id());
    }
  }

  @Test
  void reductionsOfManySeparateAxesAreRefusedWithTheReason() {
    Shape shape = Shape.of(2, 2, 2, 2, 2, 2, 2, 2);
    KernelOp op = new Reduce(Reduce.Kind.SUM, List.of(0, 2, 4, 6), true);
    KernelRequest request =
        KernelRequest.of(
            op,
            List.of(Operand.of(TensorDesc.f32(shape))),
            TensorDesc.f32(op.infer(List.of(shape)).get(0)));
    Offer.Refused refused =
        assertInstanceOf(Offer.Refused.class, provider(Width.preferred().bits()).offer(request));
    assertTrue(refused.reason().contains("4 separate groups"), refused.reason());
  }
}
