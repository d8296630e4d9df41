package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the folds, one class per kind and width. Four accumulators of four vectors hide the latency
 * of the add; a 3x3 pool is bound by its nine loads. One accumulator per output, taps in order: no
 * result depends on the width or on how lines are cut.
 *
 * <p>A maximum is a comparison and a blend, beside it a sum of squares, which is NaN exactly if a
 * tap is: asking every tap for NaN took twice as long, as comparisons and masks are the bottleneck.
 *
 * <p>Maxima and means of windows of up to {@value #SMALL} taps have classes of their own, whose
 * taps are unrolled: counting them took longer than folding them.
 */
final class Folds {
  private static final int VECTORS = 4;

  /** Most taps that are unrolled. */
  private static final int SMALL = 9;

  private static final Map<Variant, Fold> CACHE = new ConcurrentHashMap<>();

  /** A class: of any window, or of one of taps0 x taps1 x 1 taps. */
  private record Variant(Width width, FoldKind kind, int taps0, int taps1) {
    boolean isSmall() {
      return taps0 > 0;
    }
  }

  private Folds() {}

  /** The fold of this kind, made at the first call. */
  static Fold of(Width width, FoldKind kind) {
    return CACHE.computeIfAbsent(new Variant(width, kind, 0, 0), Folds::make);
  }

  /** Whether there is a {@link #small} fold. */
  static boolean hasSmall(FoldKind kind, int taps0, int taps1, int taps2) {
    boolean simple = kind == FoldKind.MAX || kind == FoldKind.MEAN;
    return simple && taps2 == 1 && taps0 <= SMALL && taps1 <= SMALL && taps0 * taps1 <= SMALL;
  }

  /** The fold for windows of exactly taps0 x taps1 x 1 taps, made at the first call. */
  static Fold small(Width width, FoldKind kind, int taps0, int taps1) {
    return CACHE.computeIfAbsent(new Variant(width, kind, taps0, taps1), Folds::make);
  }

  private static Fold make(Variant variant) {
    Width width = variant.width;
    Fold fold =
        KernelClass.implement(
            Fold.class,
            "Fold"
                + width.bits()
                + "_"
                + variant.kind
                + (variant.isSmall() ? "_" + variant.taps0 + "x" + variant.taps1 : ""),
            width,
            code -> new Emitter(code, variant).emit());
    int lanes = width.lanes();
    int most = 2 * (VECTORS + 1) * lanes + 1;
    long bytes = 2 * (VECTORS + 2L) * width.bytes();
    if (variant.isSmall()) {
      int rows = variant.taps0;
      int columns = variant.taps1;
      WarmUp.begin(
          2 * bytes,
          m -> warm(fold, lanes, m, bytes, rows, columns, 1, most / 2, 2),
          m -> warm(fold, lanes, m, bytes, rows, columns, 1, lanes, 8),
          m -> warm(fold, lanes, m, bytes, rows, columns, 1, VECTORS * lanes, 2),
          m -> warm(fold, lanes, m, bytes, rows, columns, 1, most, 1));
      return fold;
    }
    int each = (VECTORS + 1) * lanes + 1; // one turn of every loop over outputs
    WarmUp.begin(
        2 * bytes,
        m -> warm(fold, lanes, m, bytes, 2, 2, 2, each, 1),
        m -> warm(fold, lanes, m, bytes, 1, 2, 1, each, 2),
        m -> warm(fold, lanes, m, bytes, 1, 1, 1, most, 1),
        m -> warm(fold, lanes, m, bytes, 1, 0, 1, VECTORS * lanes, 1));
    return fold;
  }

  /** A small problem of this many taps and outputs. */
  private static void warm(
      Fold fold,
      int lanes,
      MemorySegment m,
      long dst,
      int taps0,
      int taps1,
      int taps2,
      int count,
      int lines) {
    lines(
        fold, lanes, m, 0, taps0, 0, taps1, 0, taps2, 0, m, 0, 0, 0, m, dst, count, 1, lines, 0, 0);
  }

  /** Runs a fold over {@code count} outputs, at least one vector of them. */
  static void run(
      Fold fold,
      int lanes,
      MemorySegment src,
      long at,
      int count0,
      long step0,
      int count1,
      long step1,
      int count2,
      long step2,
      MemorySegment weights,
      long weightsAt,
      long weights0,
      long weights1,
      MemorySegment dst,
      long dstAt,
      int count,
      float divisor) {
    lines(
        fold, lanes, src, at, count0, step0, count1, step1, count2, step2, weights, weightsAt,
        weights0, weights1, dst, dstAt, count, divisor, 1, 0, 0);
  }

  /** Runs a fold over {@code lines} lines of {@code count} outputs, at least one vector of them. */
  static void lines(
      Fold fold,
      int lanes,
      MemorySegment src,
      long at,
      int count0,
      long step0,
      int count1,
      long step1,
      int count2,
      long step2,
      MemorySegment weights,
      long weightsAt,
      long weights0,
      long weights1,
      MemorySegment dst,
      long dstAt,
      int count,
      float divisor,
      int lines,
      long srcLine,
      long dstLine) {
    int fours = count - count % (VECTORS * lanes);
    int ones = count - count % lanes;
    int last = ones == count ? count : count - lanes;
    fold.run(
        src, at, count0, step0, count1, step1, count2, step2, weights, weightsAt, weights0,
        weights1, dst, dstAt, fours, ones, last, count, divisor, lines, srcLine, dstLine);
  }

  private record Emitter(VectorCode code, Variant variant, int[] rows, int[] columns) {

    Emitter(VectorCode code, Variant variant) {
      this(code, variant, new int[variant.taps0], new int[variant.taps1]);
    }

    void emit() {
      multiples(code.parameter(3), rows);
      multiples(code.parameter(5), columns);
      int fours = code.parameter(14);
      int ones = code.parameter(15);
      int last = code.parameter(16);
      int end = code.parameter(17);
      int lanes = variant.width.lanes();
      int line = code.newInt();
      int i = code.newInt();
      Runnable body =
          () -> {
            code.loop(i, () -> code.pushInt(0), fours, VECTORS * lanes, () -> block(i, VECTORS));
            code.loop(i, () -> code.pushIntVariable(fours), ones, lanes, () -> block(i, 1));
            code.loop(i, () -> code.pushIntVariable(last), end, lanes, () -> block(i, 1));
            code.advance(code.parameter(1), code.parameter(20));
            code.advance(code.parameter(13), code.parameter(21));
          };
      code.loop(line, () -> code.pushInt(0), code.parameter(19), 1, body);
    }

    /** {@code to[k] = k·step} for k above 0. */
    private void multiples(int step, int[] to) {
      for (int k = 1; k < to.length; k++) {
        to[k] = code.newLong();
        code.copyLong(step, to[k]);
        if (k > 1) {
          code.advance(to[k], to[k - 1]);
        }
      }
    }

    private void block(int i, int vectors) {
      Floats[] acc = code.newFloats(vectors);
      Floats[] squares = code.newFloats(variant.kind == FoldKind.MAX ? vectors : 0);
      for (Floats vector : acc) {
        code.move(code.constant(variant.kind.start()), vector);
      }
      for (Floats vector : squares) {
        code.move(code.constant(0), vector);
      }
      if (variant.isSmall()) {
        smallWindow(i, acc, squares);
      } else {
        anyWindow(i, acc, squares);
      }
      for (int v = 0; v < vectors; v++) {
        code.store(
            variant.kind == FoldKind.MAX ? maximum(acc[v], squares[v]) : end(acc[v]),
            code.parameter(12),
            () -> {
              code.pushLong(code.parameter(13));
              code.addScaled(i, Float.BYTES);
            },
            v * variant.width.bytes());
      }
    }

    private void smallWindow(int i, Floats[] acc, Floats[] squares) {
      int at = code.newLong();
      int tap = code.newLong();
      code.pushLong(code.parameter(1));
      code.addScaled(i, Float.BYTES);
      code.popLong(at);
      for (int r = 0; r < rows.length; r++) {
        for (int c = 0; c < columns.length; c++) {
          code.copyLong(at, tap);
          if (r > 0) {
            code.advance(tap, rows[r]);
          }
          if (c > 0) {
            code.advance(tap, columns[c]);
          }
          tap(acc, squares, tap, tap, false);
        }
      }
    }

    private void anyWindow(int i, Floats[] acc, Floats[] squares) {
      boolean weighted = variant.kind == FoldKind.WEIGHTED;
      int[] at = {code.newLong(), code.newLong(), code.newLong()};
      int[] weightAt = {code.newLong(), code.newLong(), code.newLong()};
      int[] t = {code.newLong(), code.newLong(), code.newLong()};
      code.pushLong(code.parameter(1));
      code.addScaled(i, Float.BYTES);
      code.popLong(at[0]);
      code.copyLong(code.parameter(9), weightAt[0]);
      Runnable tap =
          () -> {
            tap(acc, squares, at[2], weightAt[2], weighted);
            code.advance(at[2], code.parameter(7));
            if (weighted) {
              code.advanceBy(weightAt[2], Float.BYTES);
            }
          };
      Runnable middle =
          () -> {
            code.copyLong(at[1], at[2]);
            code.copyLong(weightAt[1], weightAt[2]);
            code.repeat(t[2], code.parameter(6), tap);
            code.advance(at[1], code.parameter(5));
            code.advance(weightAt[1], code.parameter(11));
          };
      Runnable outer =
          () -> {
            code.copyLong(at[0], at[1]);
            code.copyLong(weightAt[0], weightAt[1]);
            code.repeat(t[1], code.parameter(4), middle);
            code.advance(at[0], code.parameter(3));
            code.advance(weightAt[0], code.parameter(10));
          };
      code.repeat(t[0], code.parameter(2), outer);
    }

    /**
     * One tap. Methods are called on the vector just loaded, not on the accumulator: C2 knows the
     * class of the first at once, that of a loop variable only by profile, and a virtual call would
     * box.
     */
    private void tap(Floats[] acc, Floats[] squares, int at, int weightAt, boolean weighted) {
      Floats weight = code.newFloats();
      if (weighted) {
        code.broadcast(code.parameter(8), () -> code.pushLong(weightAt), weight);
      }
      for (int v = 0; v < acc.length; v++) {
        Floats x = code.newFloats();
        code.load(code.parameter(0), () -> code.pushLong(at), v * variant.width.bytes(), x);
        switch (variant.kind) {
          case MAX -> { // a sum of squares is NaN exactly if one of them is
            code.move(code.blend(x, acc[v], code.atMost(x, acc[v])), acc[v]);
            code.accumulate(squares[v], x, x);
          }
          case SUM, MEAN -> code.move(code.add(x, acc[v]), acc[v]);
          case ABSOLUTE -> code.move(code.add(code.abs(x), acc[v]), acc[v]);
          case ROOT_OF_SQUARES, SQUARES -> code.accumulate(acc[v], x, x);
          case WEIGHTED -> code.accumulate(acc[v], weight, x);
        }
      }
    }

    /** The largest, or NaN if there is one. */
    private Floats maximum(Floats largest, Floats squares) {
      code.exact(largest);
      code.exact(squares);
      return code.blend(largest, squares, code.isNan(squares));
    }

    private Floats end(Floats acc) {
      return switch (variant.kind) {
        case MEAN, WEIGHTED -> code.div(acc, code.variable(code.parameter(18)));
        case ROOT_OF_SQUARES -> code.sqrt(acc);
        case MAX, SUM, ABSOLUTE, SQUARES -> acc;
      };
    }
  }
}
