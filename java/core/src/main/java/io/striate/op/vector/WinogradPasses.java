package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.vector.VectorCode.Floats;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the transform passes of Winograd convolution, one class per width, axis, step and epilogue.
 *
 * <p>A pass is one-dimensional: n loads, at most twenty operations (fifty with ten points), m or n
 * stores, in a nest of three loops. Both axes of F(4x4,3x3) in one body would need 36 live vectors
 * and a method so large that C2 runs out of nodes where it sees several kinds of segments; two
 * passes over a buffer in L1 need n + m + 6 registers at most, and the first pass over the inputs
 * is shared by tiles side by side, which overlap by two columns.
 *
 * <p>The loops are not counted ({@link ScalarCode#repeat}), so range checks stay in the body,
 * beside the stores that bound it: at 512 bits Zen 4 stores a vector in two cycles.
 */
final class WinogradPasses {
  private static final Map<Variant, WinogradPass> CACHE = new ConcurrentHashMap<>();

  /** What a pass computes of the points of a line. */
  enum Step {
    /** Bᵀ d. */
    INPUT,
    /** Aᵀ m. */
    OUTPUT,
    /** Aᵀ m, then bias, residual and activation. */
    FINISH
  }

  /**
   * Which pass.
   *
   * @param stored how many results of a line are stored; fewer than there are at the right or lower
   *     border
   * @param adds whether it adds a residual
   * @param kind the activation that it applies
   */
  record Variant(
      Width width, WinogradAxis axis, Step step, int stored, boolean adds, Activation.Kind kind) {

    /** A pass that stores all results as they are. */
    static Variant plain(Width width, WinogradAxis axis, Step step) {
      int results = step == Step.INPUT ? axis.points : axis.outputs;
      return new Variant(width, axis, step, results, false, Activation.Kind.NONE);
    }

    private String className() {
      return "Winograd"
          + width.bits()
          + "_"
          + axis
          + "_"
          + step
          + stored
          + (step == Step.FINISH ? "_" + kind : "")
          + (adds ? "_ADD" : "");
    }
  }

  private WinogradPasses() {}

  /** The pass, made at the first call. */
  static WinogradPass of(Variant variant) {
    return CACHE.computeIfAbsent(variant, WinogradPasses::make);
  }

  private static WinogradPass make(Variant variant) {
    WinogradPass pass =
        KernelClass.implement(
            WinogradPass.class,
            variant.className(),
            variant.width,
            code -> new Emitter(code, variant).emit());
    WarmUp.begin(
        4L * WarmUp.TURNS * variant.axis.points * variant.width.bytes(),
        memory -> warm(pass, variant, memory, 2, WarmUp.TURNS / 4),
        memory -> warm(pass, variant, memory, 1, 1));
    return pass;
  }

  /** A small problem of 1 or 2 planes, as many vectors and {@code inner} lines. */
  private static void warm(
      WinogradPass pass, Variant variant, MemorySegment memory, int outer, int inner) {
    long vector = variant.width.bytes();
    long line = 2 * vector * variant.axis.points;
    long plane = WarmUp.TURNS / 4 * line;
    pass.run(
        memory,
        0,
        2 * vector,
        plane,
        line,
        memory,
        2 * plane,
        2 * vector,
        plane,
        line,
        memory,
        0,
        memory,
        0,
        2 * vector,
        plane,
        line,
        outer,
        outer,
        inner,
        0,
        0);
  }

  private static final class Emitter {
    private final VectorCode code;
    private final Variant variant;
    private final long bytes;
    private final Walk src;
    private final Walk dst;
    private final Walk residual;
    private final int bias;
    private final int biasAt;
    private final int outer;
    private final int vectors;
    private final int inner;
    private final int alpha;
    private final int beta;

    Emitter(VectorCode code, Variant variant) {
      this.code = code;
      this.variant = variant;
      bytes = variant.width.bytes();
      src = new Walk(code, 0, variant.axis.points);
      dst = new Walk(code, 5, variant.stored);
      bias = code.parameter(10);
      biasAt = code.parameter(11);
      residual = new Walk(code, 12, variant.adds ? variant.stored : 0);
      outer = code.parameter(17);
      vectors = code.parameter(18);
      inner = code.parameter(19);
      alpha = code.parameter(20);
      beta = code.parameter(21);
    }

    void emit() {
      boolean finishes = variant.step == Step.FINISH;
      code.seed(src.segment, () -> code.pushLong(src.at));
      Floats first = finishes ? code.variable(alpha) : code.newFloats();
      Floats second = finishes ? code.variable(beta) : code.newFloats();
      Floats shift = code.newFloats();
      int biasNow = code.newLong();
      Walk[] walks = variant.adds ? new Walk[] {src, dst, residual} : new Walk[] {src, dst};
      for (Walk walk : walks) {
        walk.begin();
      }
      Runnable line =
          () -> {
            line(shift, first, second);
            for (Walk walk : walks) {
              code.advance(walk.now, walk.inner);
            }
          };
      Runnable vector =
          () -> {
            for (Walk walk : walks) {
              code.copyLong(walk.vector, walk.now);
              code.advanceBy(walk.vector, bytes);
            }
            if (finishes) {
              code.load(bias, () -> code.pushLong(biasNow), 0, shift);
              code.advanceBy(biasNow, bytes);
            }
            code.repeat(code.newLong(), inner, line);
          };
      Runnable plane =
          () -> {
            for (Walk walk : walks) {
              code.copyLong(walk.at, walk.vector);
              code.advance(walk.at, walk.outer);
            }
            code.copyLong(biasAt, biasNow);
            code.repeat(code.newLong(), vectors, vector);
          };
      code.repeat(code.newLong(), outer, plane);
    }

    private void line(Floats shift, Floats first, Floats second) {
      WinogradAxis axis = variant.axis;
      Floats[] x = code.newFloats(axis.points);
      for (int k = 0; k < x.length; k++) {
        code.load(src.segment, src.point(k), 0, x[k]);
      }
      Floats[] y = variant.step == Step.INPUT ? axis.input(code, x) : axis.output(code, x);
      VectorMath math = new VectorMath(code);
      for (int k = 0; k < variant.stored; k++) {
        Floats result = y[k];
        if (variant.step == Step.FINISH) {
          result = code.add(result, shift);
          if (variant.adds) {
            Floats other = code.newFloats();
            code.load(residual.segment, residual.point(k), 0, other);
            result = code.add(other, result);
          }
          result = math.apply(variant.kind, result, first, second);
        }
        code.store(result, dst.segment, dst.point(k), 0);
      }
    }
  }

  /** A segment and where the lines of one operand lie in it. */
  private static final class Walk {
    private final VectorCode code;
    private final int segment;
    private final int at;
    private final int step;
    private final int outer;
    private final int inner;
    private final int vector;
    private final int now;
    private final int[] points;

    /** The operand whose parameters begin with {@code parameter}. */
    Walk(VectorCode code, int parameter, int count) {
      this.code = code;
      segment = code.parameter(parameter);
      at = code.parameter(parameter + 1);
      step = code.parameter(parameter + 2);
      outer = code.parameter(parameter + 3);
      inner = code.parameter(parameter + 4);
      vector = code.newLong();
      now = code.newLong();
      points = new int[Math.max(1, count)];
      for (int k = 1; k < points.length; k++) {
        points[k] = code.newLong();
      }
    }

    /** Computes the distances of the points. */
    void begin() {
      for (int k = 1; k < points.length; k++) {
        code.copyLong(k == 1 ? step : points[k - 1], points[k]);
        if (k > 1) {
          code.advance(points[k], step);
        }
      }
    }

    /** Pushes the address of a point of the line. */
    Runnable point(int k) {
      return () -> {
        code.pushLong(now);
        if (k > 0) {
          code.addLong(points[k]);
        }
      };
    }
  }
}
