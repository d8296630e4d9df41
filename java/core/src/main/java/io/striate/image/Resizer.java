package io.striate.image;

/**
 * Resizes 8-bit images bit for bit as Pillow does. Output pixel {@code i} of a row of {@code n}
 * from {@code m} is
 *
 * <pre>dst[i] = clip8((2^21 + Σ_j k[i,j] · src[j]) >> 22),   k[i,j] = round(2^22 · w(j) / Σ w)
 * w(j) = filter((j + 0.5 - (i + 0.5)·m/n) / s),   s = max(m/n, 1)</pre>
 *
 * <p>over the j within support·s of the centre, first along rows, then along columns, with the
 * intermediate rounded and clipped to 8 bits. Only a window of the output is computed if a crop
 * follows; its pixels are the same.
 *
 * <p>An instance holds tables and an intermediate image: reuse it for images of one size, in one
 * thread.
 *
 * <p>Source: the algorithm of Pillow's {@code Resample.c} (and, for nearest, {@code Geometry.c}),
 * re-written.
 */
final class Resizer {
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private static final int MAX_SIZE = 1 << 20;

  private final int srcWidth;
  private final int srcHeight;
  private final int x;
  private final int y;
  private final int width;
  private final int height;
  private final boolean nearest;
  private final Taps rows;
  private final Taps columns;
  private byte[] between = {};

  /** Resizes whole images. */
  Resizer(int srcWidth, int srcHeight, int dstWidth, int dstHeight, Interpolation interpolation) {
    this(srcWidth, srcHeight, dstWidth, dstHeight, interpolation, 0, 0, dstWidth, dstHeight);
  }

  /**
   * Computes the window of width x height pixels at (x, y) of an image resized to dstWidth x
   * dstHeight.
   */
  Resizer(
      int srcWidth,
      int srcHeight,
      int dstWidth,
      int dstHeight,
      Interpolation interpolation,
      int x,
      int y,
      int width,
      int height) {
    if (dstWidth < 1 || dstHeight < 1) {
      throw new IllegalArgumentException(
          "cannot resize to " + dstWidth + "x" + dstHeight + " pixels; both must be at least 1");
    }
    Image.checkInside(x, y, width, height, dstWidth, dstHeight);
    if (3L * Math.max(width, srcWidth) * Math.max(height, srcHeight) > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "resizing "
              + srcWidth
              + "x"
              + srcHeight
              + " to "
              + width
              + "x"
              + height
              + " needs more than 2 GiB");
    }
    if (Math.max(dstWidth, dstHeight) > MAX_SIZE) {
      throw new IllegalArgumentException(
          "cannot resize to " + dstWidth + "x" + dstHeight + " pixels; the limit is " + MAX_SIZE);
    }
    this.srcWidth = srcWidth;
    this.srcHeight = srcHeight;
    this.x = x;
    this.y = y;
    this.width = width;
    this.height = height;
    nearest = interpolation == Interpolation.NEAREST;
    rows = nearest ? Taps.nearest(srcWidth, dstWidth) : Taps.of(srcWidth, dstWidth, interpolation);
    columns =
        nearest ? Taps.nearest(srcHeight, dstHeight) : Taps.of(srcHeight, dstHeight, interpolation);
  }

  /** Whether this fits an image of the given size. */
  boolean fits(int imageWidth, int imageHeight) {
    return imageWidth == srcWidth && imageHeight == srcHeight;
  }

  /** The window as a new image. */
  Image resize(Image src) {
    byte[] out = new byte[width * height * src.channels()];
    resize(src, out);
    return Image.of(width, height, src.channels(), out);
  }

  /** The window, written to the start of {@code dst}. */
  void resize(Image src, byte[] dst) {
    if (!fits(src.width(), src.height())) {
      throw new IllegalArgumentException(
          "this resizes " + srcWidth + "x" + srcHeight + " pixels, not a " + src);
    }
    if (nearest) {
      pick(src, dst);
      return;
    }
    int channels = src.channels();
    int row = width * channels;
    int firstRow = columns.first[y];
    int endRow = columns.first[y + height - 1] + columns.count[y + height - 1];
    byte[] middle = src.array();
    int middleAt = src.offset() + firstRow * srcWidth * channels;
    if (!rows.identity || width != srcWidth) {
      int needed = (endRow - firstRow) * row;
      boolean last = columns.identity;
      if (!last && between.length < needed) {
        between = new byte[needed];
      }
      middle = last ? dst : between;
      for (int r = 0; r < endRow - firstRow; r++) {
        horizontal(src.array(), middleAt + r * srcWidth * channels, middle, r * row, channels);
      }
      if (last) {
        return;
      }
      middleAt = 0;
    }
    for (int r = 0; r < height; r++) {
      vertical(middle, middleAt - firstRow * row, dst, r, row);
    }
  }

  private void horizontal(byte[] src, int from, byte[] dst, int to, int channels) {
    for (int i = 0; i < width; i++) {
      int at = from + rows.first[x + i] * channels;
      int count = rows.count[x + i];
      int k = (x + i) * rows.stride;
      if (channels == 3) {
        int r = 1 << (PRECISION_BITS - 1);
        int g = r;
        int b = r;
        for (int j = 0; j < count; j++) {
          int weight = rows.weights[k + j];
          r += (src[at] & 0xff) * weight;
          g += (src[at + 1] & 0xff) * weight;
          b += (src[at + 2] & 0xff) * weight;
          at += 3;
        }
        dst[to++] = clip8(r);
        dst[to++] = clip8(g);
        dst[to++] = clip8(b);
      } else {
        int sum = 1 << (PRECISION_BITS - 1);
        for (int j = 0; j < count; j++) {
          sum += (src[at + j] & 0xff) * rows.weights[k + j];
        }
        dst[to++] = clip8(sum);
      }
    }
  }

  private void vertical(byte[] src, int origin, byte[] dst, int r, int row) {
    int from = origin + columns.first[y + r] * row;
    int count = columns.count[y + r];
    int k = (y + r) * columns.stride;
    for (int i = 0; i < row; i++) {
      int sum = 1 << (PRECISION_BITS - 1);
      for (int j = 0; j < count; j++) {
        sum += (src[from + i + j * row] & 0xff) * columns.weights[k + j];
      }
      dst[r * row + i] = clip8(sum);
    }
  }

  private void pick(Image src, byte[] dst) {
    int channels = src.channels();
    int to = 0;
    for (int r = 0; r < height; r++) {
      int from = src.offset() + columns.first[y + r] * srcWidth * channels;
      for (int i = 0; i < width; i++) {
        for (int c = 0; c < channels; c++) {
          dst[to++] = src.array()[from + rows.first[x + i] * channels + c];
        }
      }
    }
  }

  private static byte clip8(int sum) {
    return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
  }

  /**
   * For every output pixel of one axis: where its source pixels begin, how many they are, and their
   * weights.
   */
  private static final class Taps {
    final boolean identity;
    final int stride;
    final int[] first;
    final int[] count;
    final int[] weights;

    private Taps(boolean identity, int stride, int size) {
      this.identity = identity;
      this.stride = stride;
      first = new int[size];
      count = new int[size];
      weights = new int[Math.multiplyExact(stride, size)];
    }

    static Taps of(int from, int to, Interpolation interpolation) {
      double scale = (double) from / to;
      double stretch = Math.max(scale, 1);
      double support = interpolation.support() * stretch;
      int size = (int) Math.ceil(support) * 2 + 1;
      if (from == to) {
        Taps taps = new Taps(true, 1, to);
        for (int i = 0; i < to; i++) {
          taps.first[i] = i;
          taps.count[i] = 1;
          taps.weights[i] = 1 << PRECISION_BITS;
        }
        return taps;
      }
      Taps taps = new Taps(false, size, to);
      double[] w = new double[size];
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        int first = Math.max((int) (centre - support + 0.5), 0);
        int count = Math.min((int) (centre + support + 0.5), from) - first;
        double sum = 0;
        for (int j = 0; j < count; j++) {
          w[j] = interpolation.weight((j + first - centre + 0.5) * (1 / stretch));
          sum += w[j];
        }
        for (int j = 0; j < count; j++) {
          double weight = (sum != 0 ? w[j] / sum : w[j]) * (1 << PRECISION_BITS);
          taps.weights[i * size + j] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        taps.first[i] = first;
        taps.count[i] = count;
      }
      return taps;
    }

    /**
     * The position is accumulated, not multiplied: where they differ by rounding, Pillow's choice
     * is kept.
     */
    static Taps nearest(int from, int to) {
      Taps taps = new Taps(from == to, 0, to);
      double scale = (double) from / to;
      double position = scale * 0.5;
      for (int i = 0; i < to; i++) {
        taps.first[i] = Math.min((int) position, from - 1);
        position += scale;
      }
      return taps;
    }
  }
}
