package io.striate.op.vector;

import io.striate.base.Memory;
import io.striate.op.Activation;
import io.striate.op.vector.VectorCode.Extent;
import io.striate.op.vector.VectorCode.Floats;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Makes the strips of convolution in groups of one channel or a few: one class per width, group,
 * pixels, row of the kernel, columns outside of the image, and epilogue, unrolled over pixels,
 * kernel columns and channels of the group.
 *
 * <p>Loop order: output row, vector of channels, kernel row, source column, then the products of
 * that column. So a source pixel is loaded once for a kernel row and serves all outputs that see
 * it, and only one is live at a time. Registers, 7 pixels, 3 columns: 7 accumulators, 3 weights, 1
 * source pixel of 16; 5 columns: 13; 7 columns: 15. At stride 1 a row of 3 columns loads 9 pixels
 * and 3 weights for 21 multiply-adds, so that FMA bounds it while the source comes from L1.
 *
 * <p>Groups of more than one channel have several groups in a vector. For each channel k of the
 * group a shuffle of the source pixel spreads it over its group ({@link Shuffles}), and serves all
 * outputs that see the pixel; weights, too many for registers, are loaded for every product, with
 * one check of their bounds per kernel row where native access is allowed.
 *
 * <p>Columns outside of the image are left out when the class is made, kernel rows outside by the
 * bounds of their loop. An output is one chain of multiply-adds, by kernel row, column, k.
 */
final class StripKernels {
  /** Pixels of a strip; 7 divides the widths of ImageNet's networks. */
  static final int MOST_PIXELS = 7;

  /** Products of a row of groups: more code than these C2 does not compile. */
  private static final int MOST_PRODUCTS = 100;

  /** Columns of a kernel, for which the registers last. */
  static final int MOST_COLUMNS = 7;

  private static final Map<Variant, StripKernel> CACHE = new ConcurrentHashMap<>();

  private StripKernels() {}

  /** Pixels of the widest strip for kernels of so many columns and groups of so many channels. */
  static int mostPixels(int taps, int group) {
    return group == 1 ? MOST_PIXELS : Math.clamp(MOST_PRODUCTS / (taps * group), 1, MOST_PIXELS);
  }

  /**
   * Which strip: one class each.
   *
   * @param group channels of a group
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
      int group,
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

    /** Bytes of the weights of a vector and kernel row. */
    private long rowBytes() {
      return (long) taps * group * width.bytes();
    }

    private String className() {
      return "Strip%d_%d_%dx%d_%d_%d_%d_%d_%s%s"
          .formatted(
              width.bits(),
              group,
              pixels,
              taps,
              stride,
              dilation,
              lead,
              trail,
              kind,
              adds ? "_ADD" : "");
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
    long taps = variant.rowBytes();
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
    private final int weightsAt; // of the kernel row
    private final int rowBytes;
    private final int whole;
    private final Floats[] acc;
    private final Floats[] weight; // of the row; for groups, the one in use
    private final Floats input;
    private final Extent weightsExtent;

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
      weightsAt = code.newLong();
      rowBytes = code.newLong();
      whole = isOpened() ? code.wholeMemory() : -1;
      acc = code.newFloats(variant.pixels);
      weight = code.newFloats(variant.group == 1 ? variant.taps : 1);
      input = code.newFloats();
      weightsExtent = code.newExtent();
    }

    void emit() {
      if (isOpened()) {
        code.measure(weights, weightsExtent);
      }
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

    /** Whether bounds of weights are checked once for a row. */
    private boolean isOpened() {
      return variant.group > 1 && Memory.whole().isPresent();
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
      code.setLong(rowBytes, variant.rowBytes());
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
            code.copyLong(w, weightsAt);
            if (variant.group == 1) {
              for (int k = 0; k < weight.length; k++) {
                loadWeight(k, weight[k]);
              }
            } else if (isOpened()) {
              code.open(weightsExtent, weightsAt, rowBytes);
            }
            code.advanceBy(w, variant.rowBytes());
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

    /** The weight of this place in the row. */
    private void loadWeight(int place, Floats to) {
      int from = isOpened() ? whole : weights;
      code.load(from, () -> code.pushLong(weightsAt), place * variant.width.bytes(), to);
    }

    /** The products of one source pixel. */
    private void column(int i, int at) {
      if (!variant.isInside(i) || IntStream.range(0, acc.length).noneMatch(r -> tap(i, r) >= 0)) {
        return;
      }
      Floats x = code.newFloats();
      code.load(src, () -> code.pushLong(at), 0, x);
      code.exact(x);
      for (int k = 0; k < variant.group; k++) {
        if (variant.group > 1) {
          code.spreadInGroups(x, variant.group, k, input);
          code.exact(input);
        }
        for (int r = 0; r < acc.length; r++) {
          int tap = tap(i, r);
          if (tap >= 0 && variant.group > 1) {
            loadWeight(k * variant.taps + tap, weight[0]);
            code.accumulate(acc[r], input, weight[0]);
            code.exact(acc[r]);
          } else if (tap >= 0) {
            code.accumulate(acc[r], x, weight[tap]);
            code.exact(acc[r]);
          }
        }
      }
    }

    /** The kernel column by which pixel r reads source column i, or -1. */
    private int tap(int i, int r) {
      int distance = i - r * variant.stride;
      int tap = distance / variant.dilation;
      boolean reads = distance >= 0 && distance % variant.dilation == 0 && tap < variant.taps;
      return reads ? tap : -1;
    }

    /** As in {@link MicroKernels}: the sums are exact as they are. */
    private void finish() {
      VectorMath math = new VectorMath(code);
      Floats first = code.variable(alpha);
      Floats second = code.variable(beta);
      int to = channelOf(dstAt);
      int from = variant.adds ? channelOf(residualAt) : to;
      for (Floats vector : acc) {
        Floats sum = vector;
        if (variant.adds) {
          Floats other = code.newFloats();
          code.load(residual, () -> code.pushLong(from), 0, other);
          code.advance(from, residualPixel);
          sum = code.add(other, sum);
        }
        code.exact(sum);
        Floats result = math.apply(variant.kind, sum, first, second);
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
