package io.striate.op.scalar;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.striate.op.Conv;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.TileTask;
import io.striate.op.Window;
import io.striate.tensor.DType;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScalarProviderTest {
  private static final Shape X = Shape.of(1, 7, 6, 5);
  private static final Shape W = Shape.of(6, 7, 3, 3);
  private static final Shape Y = Shape.of(1, 6, 4, 3);

  private static float[] random(long seed, Shape shape) {
    Random random = new Random(seed);
    float[] out = new float[(int) shape.elements()];
    for (int i = 0; i < out.length; i++) {
      out[i] = random.nextFloat() - 0.5f;
    }
    return out;
  }

  private static Kernel kernel(ScalarProvider provider, Tensor x, Tensor w, TensorDesc y) {
    List<Operand> operands = List.of(Operand.of(x.desc()), Operand.constant(w.desc(), w.data()));
    Offer offer = provider.offer(KernelRequest.of(Conv.of(Window.of(3, 3)), operands, y));
    return assertInstanceOf(Offer.Accepted.class, offer).candidates().get(0).create();
  }

  /**
   * One float accumulator per output, fused multiply-add, window element by element, then channels.
   */
  @Test
  void float32SumsInTheOrderOfTheContract() {
    Tensor w = Tensor.of(W, random(2, W));
    try (Arena arena = Arena.ofConfined()) {
      Layout layout = Layout.channelsLast(X, 9);
      Tensor x = Tensor.allocate(arena, TensorDesc.f32(X, layout)).copyFrom(random(1, X));
      Tensor y = Tensor.allocate(arena, TensorDesc.f32(Y, Layout.channelsLast(Y)));
      try (Kernel kernel = kernel(new ScalarProvider(DType.F32), x, w, y.desc())) {
        assertEquals("conv/loops/f32/strided/scalar/f32", kernel.id());
        kernel
            .bind(List.of(x.data(), MemorySegment.NULL), y.data())
            .run(0, kernel.tiles(), arena.allocate(64, 64));
      }
      float[] expected = new float[(int) Y.elements()];
      int next = 0;
      for (int oc = 0; oc < 6; oc++) {
        for (int oh = 0; oh < 4; oh++) {
          for (int ow = 0; ow < 3; ow++) {
            float sum = 0;
            for (int tap = 0; tap < 9; tap++) {
              for (int ic = 0; ic < 7; ic++) {
                int kh = tap / 3;
                int kw = tap % 3;
                sum = Math.fma(x.get(0, ic, oh + kh, ow + kw), w.get(oc, ic, kh, kw), sum);
              }
            }
            expected[next++] = sum;
          }
        }
      }
      assertArrayEquals(expected, y.toArray());
    }
  }

  @Test
  void runAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Tensor.allocate(arena, TensorDesc.f32(X)).copyFrom(random(1, X));
      Tensor y = Tensor.allocate(arena, TensorDesc.f32(Y));
      try (Kernel kernel = kernel(new ScalarProvider(), x, Tensor.of(W, random(2, W)), y.desc())) {
        TileTask task = kernel.bind(List.of(x.data(), MemorySegment.NULL), y.data());
        MemorySegment scratch = arena.allocate(64, 64);
        long fewest = Long.MAX_VALUE;
        for (int round = 0; round < 50 && fewest > 0; round++) {
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int i = 0; i < 100; i++) {
            task.run(0, kernel.tiles(), scratch);
          }
          fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, fewest, "bytes allocated by 100 runs once warm");
      }
    }
  }

  @Test
  void saysWhatItCannotDo() {
    refused(() -> new ScalarProvider(DType.BF16), "BF16", "F64", "F32");
    Operand bytes = Operand.of(new TensorDesc(DType.U8, X, Layout.rowMajor(X)));
    Operand w = Operand.of(TensorDesc.f32(W));
    Offer offer =
        new ScalarProvider()
            .offer(
                KernelRequest.of(Conv.of(Window.of(3, 3)), List.of(bytes, w), TensorDesc.f32(Y)));
    String reason = assertInstanceOf(Offer.Refused.class, offer).reason();
    assertTrue(reason.contains("operand 0 is U8"), reason);
  }

  /** erfc against its Maclaurin series in 60 digits. */
  @Test
  void erfcIsAccurate() {
    MathContext digits = new MathContext(60);
    BigDecimal factor =
        new BigDecimal("1.12837916709551257389615890312154517168810125865799771368817");
    for (double x = -6; x <= 6; x += 0.0625) {
      BigDecimal at = new BigDecimal(x);
      BigDecimal square = at.multiply(at).negate();
      BigDecimal power = at;
      BigDecimal sum = at;
      for (int n = 1; n < 250; n++) {
        power = power.multiply(square, digits).divide(BigDecimal.valueOf(n), digits);
        sum = sum.add(power.divide(BigDecimal.valueOf(2L * n + 1), digits), digits);
      }
      double expected = BigDecimal.ONE.subtract(sum.multiply(factor, digits), digits).doubleValue();
      double error = Math.abs(Erf.erfc(x) - expected);
      assertTrue(
          error <= 1e-13 * expected, "erfc(" + x + ") is " + Erf.erfc(x) + ", not " + expected);
    }
    assertEquals(0, Erf.erfc(40));
    assertEquals(2, Erf.erfc(-40));
  }
}
