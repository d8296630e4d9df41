package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Four sums of products side by side: {@code sum[lane] += Σ_i x[i]·w[i][lane]}. Four, because one
 * sum would wait for each addition to end. Each lane is one chain of additions in the order of i,
 * so neither blocking nor threads show in it.
 *
 * <p>The sums live in the first bytes of scratch. A float64 sum is exact in its products; a float32
 * sum uses fused multiply-add.
 */
interface Dot {
  /** Sums side by side. */
  int LANES = 4;

  /** Bytes of scratch. */
  long SCRATCH_BYTES = LANES * Double.BYTES;

  /** Sets the sums to 0. */
  void clear(MemorySegment sums);

  /**
   * Adds {@code n} products per lane: x at byte {@code at}, {@code step} bytes apart, weights
   * packed by lane from {@code p}.
   */
  void add(MemorySegment sums, MemorySegment x, long at, long step, int n, float[] w, int p);

  /**
   * As the other, with weights in memory: lanes {@code laneStep} bytes apart, the first {@code
   * lanes} of them valid.
   */
  void add(
      MemorySegment sums,
      MemorySegment x,
      long at,
      long step,
      int n,
      MemorySegment w,
      long wAt,
      long wStep,
      long laneStep,
      int lanes);

  /** The sum of a lane plus bias plus residual, each addition in the accumulator's precision. */
  double finish(MemorySegment sums, int lane, float bias, float residual);

  /** Name in kernel ids. */
  String id();

  /** Sums in float64. */
  Dot F64 = new InDouble();

  /** Sums in float32. */
  Dot F32 = new InFloat();

  /** Float64. */
  final class InDouble implements Dot {
    private static final ValueLayout.OfDouble SUM = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    @Override
    public void clear(MemorySegment sums) {
      store(sums, 0, 0, 0, 0);
    }

    private static void store(MemorySegment sums, double a, double b, double c, double d) {
      sums.set(SUM, 0, a);
      sums.set(SUM, 8, b);
      sums.set(SUM, 16, c);
      sums.set(SUM, 24, d);
    }

    @Override
    public void add(
        MemorySegment sums, MemorySegment x, long at, long step, int n, float[] w, int p) {
      double a = sums.get(SUM, 0);
      double b = sums.get(SUM, 8);
      double c = sums.get(SUM, 16);
      double d = sums.get(SUM, 24);
      if (step == Float.BYTES) {
        for (int i = 0; i < n; i++) {
          double value = x.get(FLOAT, at + (long) Float.BYTES * i);
          a += value * w[p + LANES * i];
          b += value * w[p + LANES * i + 1];
          c += value * w[p + LANES * i + 2];
          d += value * w[p + LANES * i + 3];
        }
      } else {
        for (int i = 0; i < n; i++) {
          double value = x.get(FLOAT, at + step * i);
          a += value * w[p + LANES * i];
          b += value * w[p + LANES * i + 1];
          c += value * w[p + LANES * i + 2];
          d += value * w[p + LANES * i + 3];
        }
      }
      store(sums, a, b, c, d);
    }

    @Override
    public void add(
        MemorySegment sums,
        MemorySegment x,
        long at,
        long step,
        int n,
        MemorySegment w,
        long wAt,
        long wStep,
        long laneStep,
        int lanes) {
      for (int lane = 0; lane < lanes; lane++) {
        double sum = sums.get(SUM, lane * 8L);
        for (int i = 0; i < n; i++) {
          sum +=
              (double) x.get(FLOAT, at + step * i)
                  * w.get(FLOAT, wAt + lane * laneStep + wStep * i);
        }
        sums.set(SUM, lane * 8L, sum);
      }
    }

    @Override
    public double finish(MemorySegment sums, int lane, float bias, float residual) {
      return sums.get(SUM, lane * 8L) + bias + residual;
    }

    @Override
    public String id() {
      return "f64";
    }
  }

  /** Float32. */
  final class InFloat implements Dot {
    @Override
    public void clear(MemorySegment sums) {
      store(sums, 0, 0, 0, 0);
    }

    private static void store(MemorySegment sums, float a, float b, float c, float d) {
      sums.set(FLOAT, 0, a);
      sums.set(FLOAT, 4, b);
      sums.set(FLOAT, 8, c);
      sums.set(FLOAT, 12, d);
    }

    @Override
    public void add(
        MemorySegment sums, MemorySegment x, long at, long step, int n, float[] w, int p) {
      float a = sums.get(FLOAT, 0);
      float b = sums.get(FLOAT, 4);
      float c = sums.get(FLOAT, 8);
      float d = sums.get(FLOAT, 12);
      for (int i = 0; i < n; i++) {
        float value = x.get(FLOAT, at + step * i);
        a = Math.fma(value, w[p + LANES * i], a);
        b = Math.fma(value, w[p + LANES * i + 1], b);
        c = Math.fma(value, w[p + LANES * i + 2], c);
        d = Math.fma(value, w[p + LANES * i + 3], d);
      }
      store(sums, a, b, c, d);
    }

    @Override
    public void add(
        MemorySegment sums,
        MemorySegment x,
        long at,
        long step,
        int n,
        MemorySegment w,
        long wAt,
        long wStep,
        long laneStep,
        int lanes) {
      for (int lane = 0; lane < lanes; lane++) {
        float sum = sums.get(FLOAT, lane * 4L);
        for (int i = 0; i < n; i++) {
          sum =
              Math.fma(
                  x.get(FLOAT, at + step * i),
                  w.get(FLOAT, wAt + lane * laneStep + wStep * i),
                  sum);
        }
        sums.set(FLOAT, lane * 4L, sum);
      }
    }

    @Override
    public double finish(MemorySegment sums, int lane, float bias, float residual) {
      return sums.get(FLOAT, lane * 4L) + bias + residual;
    }

    @Override
    public String id() {
      return "f32";
    }
  }
}
