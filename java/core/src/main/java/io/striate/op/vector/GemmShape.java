package io.striate.op.vector;

import io.striate.op.Activation;

/**
 * What an implicit matrix product computes: for every image, output position o = (od, oh, ow) and
 * output channel c,
 *
 * <p>{@code dst[o, c] = activation(bias[c] + Σ_tap Σ_k src[o·stride + displacement(tap),
 * k]·weights[tap, k, c] + residual[o, c])}; outside of the image src reads as 0.
 *
 * <p>A convolution is this with one image per group of every batch element; a phase of a transposed
 * convolution has other displacements; a matrix product has one tap, and positions are its rows.
 * All distances and bases are in elements.
 *
 * @param depthwise whether every output channel reads only the source channel of its own number: k
 *     = c
 * @param depth axes of the position, outermost first; an absent one is {@link Axis#POINT}
 * @param src where the source lies; its channel step belongs to k
 * @param weightSets set s of the weights begins here, its bias at {@code biasSets[s]}
 * @param imageSets the weights of each image
 * @param weightTaps distance of the weights of each tap, D-major, in the order of the
 *     displacements; {@link #NO_WEIGHTS} for a tap whose weights are zero
 */
@SuppressWarnings("ArrayRecordComponent") // made once, read by one plan, never compared
record GemmShape(
    boolean depthwise,
    int channels,
    int outChannels,
    Axis depth,
    Axis height,
    Axis width,
    Strided src,
    Strided dst,
    Strided residual,
    int[] imageSets,
    long[] weightSets,
    long[] biasSets,
    long biasStep,
    long[] weightTaps,
    long weightStep,
    long weightOutStep,
    Activation activation) {

  /** Marks a tap without weights. */
  static final long NO_WEIGHTS = -1;

  /**
   * One spatial axis: output o reads input {@code o·stride + displacements[tap]}; displacements
   * ascend.
   */
  record Axis(int size, int outputs, int stride, int[] displacements) {
    /** An axis that is not there. */
    static final Axis POINT = new Axis(1, 1, 1, new int[] {0});

    int taps() {
      return displacements.length;
    }

    int least() {
      return displacements[0];
    }

    /** Input positions between the first and the last that one output reads, inclusive. */
    int span() {
      return displacements[taps() - 1] - least() + 1;
    }

    /** Whether no output reads outside. */
    boolean inside() {
      return least() >= 0 && (long) (outputs - 1) * stride + displacements[taps() - 1] < size;
    }
  }

  /** The base of every image and the distances along channel, depth, height and width. */
  record Strided(long[] images, long channel, long depth, long height, long width) {
    /** Not there. */
    static final Strided NONE = new Strided(new long[0], 0, 0, 0, 0);

    boolean present() {
      return images.length > 0;
    }
  }

  int images() {
    return imageSets.length;
  }

  int taps() {
    return depth.taps() * height.taps() * width.taps();
  }

  /** Length of every sum. */
  int terms() {
    return depthwise ? taps() : Math.multiplyExact(taps(), channels);
  }
}
