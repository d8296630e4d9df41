package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.vector.VectorCode.Floats;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the strips of depthwise convolution: one class per width, pixels, row of the kernel,
 * columns outside of the image, and epilogue, unrolled over pixels and kernel columns.
 *
 * <p>Loop order: output row, vector of channels, kernel row, source column, then the products of
 * that column. So a source pixel is loaded once for a kernel row and serves all outputs that see
 * it, and only one is live at a time. Registers, 7 pixels, 3 columns: 7 accumulators, 3 weights, 1
 * source pixel of 16; 5 columns: 13; 7 columns: 15. At stride 1 a row of 3 columns loads 9 pixels
 * and 3 weights for 21 multiply-adds, so that FMA bounds it while the source comes from L1.
 *
 * <p>Columns outside of the image are left out when the class is made, kernel rows outside by the
 * bounds of their loop. An output is one chain of multiply-adds, by kernel row, then column.
 */
final class StripKernels {
  /** Pixels of a strip; 7 divides the widths of ImageNet's networks. */
  static final int MOST_PIXELS = 7;

  /** Columns of a kernel, for which the registers last. */
  static final int MOST_COLUMNS = 7;

  private static final Map<Variant, StripKernel> CACHE = new ConcurrentHashMap<>();

  private StripKernels() {}

  /**
   * Which strip: one class each.
   *
   * @param pixels R
   * @param taps kernel columns
   * @param stride of the columns
   * @param dilation of the columns
   * @param lead columns of the source that lie before the image
   * @param trail columns of the source that lie behind the image
   * @param adds whether it adds a residual
   * @param kind the activation that it applies
   */
  record Variant(
      Width width,
      int pixels,
      int taps,
      int stride,
      int dilation,
      int lead,
      int trail,
      boolean adds,
      Activation.Kind kind) {

    /** Columns of the source from the first that a pixel reads to the last, inclusive. */
    int columns() {
      return (pixels - 1) * stride + (taps - 1) * dilation + 1;
    }

    private boolean isInside(int column) {
      return column >= lead && column < columns() - trail;
    }

    private String className() {
      return "Strip%d_%dx%d_%d_%d_%d_%d_%s%s"
          .formatted(
              width.bits(), pixels, taps, stride, dilation, lead, trail, kind, adds ? "_ADD" : "");
    }
  }

  /** The kernel, made at the first call. */
  static StripKernel of(Variant variant) {
    return CACHE.computeIfAbsent(variant, StripKernels::make);
  }

  private static StripKernel make(Variant variant) {
    Width width = variant.width;
    StripKernel kernel =
        KernelClass.implement(
            StripKernel.class,
            variant.className(),
            width,
            code -> new Emitter(code, variant).emit());
    // two rows of two vectors, or one of one; the rows of the source lie upon each other
    long row = (long) variant.columns() * width.bytes();
    long taps = (long) variant.taps * width.bytes();
    long[] rows = {0, 0};
    long[] from = {0, 0};
    long[] to = {WarmUp.TURNS / 4 * taps, WarmUp.TURNS / 4 * taps};
    long weights = row + width.bytes();
    long dst = weights + 2 * to[0];
    int lanes = width.lanes();
    WarmUp.begin(
        dst + 2L * (variant.pixels + 1) * width.bytes(),
        m ->
            kernel.run(
                m,
                0,
                width.bytes(),
                0,
                rows,
                m,
                from,
                to,
                to[0] / lanes,
                m,
                0,
                2,
                0,
                2 * lanes,
                lanes,
                m,
                dst,
                width.bytes(),
                0,
                m,
                dst,
                width.bytes(),
                0,
                0,
                0),
        m ->
            kernel.run(
                m,
                0,
                width.bytes(),
                0,
                rows,
                m,
                from,
                new long[] {taps},
                taps / lanes,
                m,
                0,
                1,
                0,
                lanes,
                0,
                m,
                dst,
                width.bytes(),
                0,
                m,
                dst,
                width.bytes(),
                0,
                0,
                0));
    return kernel;
  }

  private static final class Emitter {
    private final VectorCode code;
    private final Variant variant;
    private final int src;
    private final int srcAt;
    private final int srcColumn;
    private final int srcTap;
    private final int srcRows;
    private final int weights;
    private final int weightsFrom;
    private final int weightsTo;
    private final int laneWeights;
    private final int bias;
    private final int firstRow;
    private final int endRow;
    private final int firstLane;
    private final int endLane;
    private final int lastLane;
    private final int dst;
    private final int dstAt;
    private final int dstPixel;
    private final int dstRow;
    private final int residual;
    private final int residualAt;
    private final int residualPixel;
    private final int residualRow;
    private final int alpha;
    private final int beta;
    private final int row;
    private final int lane;
    private final int channel;
    private final Floats[] acc;
    private final Floats[] weight;

    Emitter(VectorCode code, Variant variant) {
      this.code = code;
      this.variant = variant;
      int p = 0;
      src = code.parameter(p++);
      srcAt = code.parameter(p++);
      srcColumn = code.parameter(p++);
      srcTap = code.parameter(p++);
      srcRows = code.parameter(p++);
      weights = code.parameter(p++);
      weightsFrom = code.parameter(p++);
      weightsTo = code.parameter(p++);
      laneWeights = code.parameter(p++);
      bias = code.parameter(p++);
      firstRow = code.parameter(p++);
      endRow = code.parameter(p++);
      firstLane = code.parameter(p++);
      endLane = code.parameter(p++);
      lastLane = code.parameter(p++);
      dst = code.parameter(p++);
      dstAt = code.parameter(p++);
      dstPixel = code.parameter(p++);
      dstRow = code.parameter(p++);
      residual = code.parameter(p++);
      residualAt = code.parameter(p++);
      residualPixel = code.parameter(p++);
      residualRow = code.parameter(p++);
      alpha = code.parameter(p++);
      beta = code.parameter(p);
      row = code.newInt();
      lane = code.newInt();
      channel = code.newInt();
      acc = code.newFloats(variant.pixels);
      weight = code.newFloats(variant.taps);
    }

    void emit() {
      Runnable vector = () -> vector();
      code.loop(
          row,
          () -> code.pushIntVariable(firstRow),
          endRow,
          1,
          () -> {
            code.loop(
                lane,
                () -> code.pushIntVariable(firstLane),
                endLane,
                variant.width.lanes(),
                vector);
            code.advance(dstAt, dstRow);
            code.advance(residualAt, residualRow);
          });
    }

    private void vector() {
      code.minimum(lane, lastLane, channel);
      Floats first = code.newFloats();
      int biasAt = code.newLong();
      code.setLong(biasAt, 0);
      code.pushLong(biasAt);
      code.addScaled(channel, Float.BYTES);
      code.popLong(biasAt);
      code.load(bias, () -> code.pushLong(biasAt), 0, first);
      for (Floats vector : acc) {
        code.move(first, vector);
        code.exact(vector);
      }
      sums();
      code.seed(bias, () -> code.pushLong(biasAt));
      finish();
    }

    private void sums() {
      int from = code.newLong();
      int w = code.newLong();
      int end = code.newLong();
      int column = code.newLong();
      code.pushLong(srcAt);
      code.addEntry(srcRows, row, 0);
      code.addScaled(channel, Float.BYTES);
      code.popLong(from);
      weightsOf(weightsFrom, w);
      weightsOf(weightsTo, end);
      code.untilEqual(
          w,
          end,
          () -> {
            for (int k = 0; k < weight.length; k++) {
              code.load(weights, () -> code.pushLong(w), k * variant.width.bytes(), weight[k]);
            }
            code.advanceBy(w, (long) weight.length * variant.width.bytes());
            code.copyLong(from, column);
            for (int i = 0; i < variant.columns(); i++) {
              column(i, column);
              code.advance(column, srcColumn);
            }
            code.advance(from, srcTap);
          });
    }

    /** {@code to = table[row] + lane·laneWeights}. */
    private void weightsOf(int table, int to) {
      code.setLong(to, 0);
      code.pushLong(to);
      code.addEntry(table, row, 0);
      code.addProduct(lane, laneWeights);
      code.popLong(to);
    }

    /** The products of one source pixel. */
    private void column(int i, int at) {
      if (!variant.isInside(i)) {
        return;
      }
      Floats x = code.newFloats();
      boolean loaded = false;
      for (int r = 0; r < variant.pixels; r++) {
        int distance = i - r * variant.stride;
        int k = distance / variant.dilation;
        if (distance >= 0 && distance % variant.dilation == 0 && k < variant.taps) {
          if (!loaded) {
            code.load(src, () -> code.pushLong(at), 0, x);
            loaded = true;
          }
          code.accumulate(acc[r], x, weight[k]);
          code.exact(acc[r]);
        }
      }
    }

    /** As in {@link MicroKernels}: the first operand is a fresh vector, whose class C2 knows. */
    private void finish() {
      VectorMath math = new VectorMath(code);
      Floats zero = code.constant(-0f); // changes no bit of what it is added to
      Floats first = code.variable(alpha);
      Floats second = code.variable(beta);
      int to = channelOf(dstAt);
      int from = variant.adds ? channelOf(residualAt) : to;
      for (Floats vector : acc) {
        Floats other = zero;
        if (variant.adds) {
          other = code.newFloats();
          code.load(residual, () -> code.pushLong(from), 0, other);
          code.advance(from, residualPixel);
        }
        Floats sum = code.add(other, vector);
        code.exact(sum);
        Floats result = math.apply(variant.kind, sum, first, second);
        code.exact(result);
        code.store(result, dst, () -> code.pushLong(to), 0);
        code.advance(to, dstPixel);
      }
    }

    private int channelOf(int base) {
      int at = code.newLong();
      code.pushLong(base);
      code.addScaled(channel, Float.BYTES);
      code.popLong(at);
      return at;
    }
  }
}
