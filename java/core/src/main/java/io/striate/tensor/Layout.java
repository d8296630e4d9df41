package io.striate.tensor;

import java.util.Arrays;

/**
 * Where the elements of a tensor lie: element (i0, i1, …) is at {@code offset + Σ i·stride}
 * elements from the start of its memory. Strides may be padded (a channel pitch), zero (a
 * broadcast) or negative (a reversed slice).
 *
 * <p>Two families matter: row-major, and channels-last with a channel pitch, in which N, C, H, W
 * has strides H·W·pitch, 1, W·pitch, pitch. A pitch above C leaves a gap that belongs to somebody
 * else: to a neighbour in a concatenation, or to nobody (it keeps pixels apart in the cache).
 */
public final class Layout {
  private final long offset;
  private final long[] strides;

  private Layout(long offset, long[] strides) {
    this.offset = offset;
    this.strides = strides;
  }

  /** The layout with this offset and these strides, in elements. */
  public static Layout of(long offset, long... strides) {
    return new Layout(offset, strides.clone());
  }

  /** Dense, last dimension fastest. */
  public static Layout rowMajor(Shape shape) {
    long[] strides = new long[shape.rank()];
    long step = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= shape.dim(i);
    }
    return new Layout(0, strides);
  }

  /** Channels fastest, pixels {@code pitch} elements apart; the shape is N, C, spatial…. */
  public static Layout channelsLast(Shape shape, long pitch) {
    if (shape.rank() < 3) {
      throw new IllegalArgumentException(
          "channels-last needs N, C and spatial dimensions, not shape " + shape);
    }
    if (pitch < shape.dim(1)) {
      throw new IllegalArgumentException(
          "channel pitch " + pitch + " is below the " + shape.dim(1) + " channels");
    }
    long[] strides = new long[shape.rank()];
    long step = pitch;
    for (int i = strides.length - 1; i >= 2; i--) {
      strides[i] = step;
      step *= shape.dim(i);
    }
    strides[1] = 1;
    strides[0] = step;
    return new Layout(0, strides);
  }

  /** Channels fastest and dense. */
  public static Layout channelsLast(Shape shape) {
    return channelsLast(shape, shape.dim(1));
  }

  /** Elements from the start of the memory to element 0. */
  public long offset() {
    return offset;
  }

  /** Distance in elements between neighbours along {@code axis}. */
  public long stride(int axis) {
    return strides[axis];
  }

  /** A copy of all strides. */
  public long[] strides() {
    return strides.clone();
  }

  /** Number of strides. */
  public int rank() {
    return strides.length;
  }

  /** The same strides, {@code elements} further on. */
  public Layout shifted(long elements) {
    return new Layout(offset + elements, strides);
  }

  /** Lowest element index that a tensor of this shape and layout touches. */
  public long first(Shape shape) {
    long at = offset;
    for (int i = 0; i < strides.length; i++) {
      at = Math.addExact(at, Math.min(0, Math.multiplyExact(strides[i], shape.dim(i) - 1)));
    }
    return at;
  }

  /** One past the highest element index that a tensor of this shape and layout touches. */
  public long end(Shape shape) {
    long at = offset;
    for (int i = 0; i < strides.length; i++) {
      at = Math.addExact(at, Math.max(0, Math.multiplyExact(strides[i], shape.dim(i) - 1)));
    }
    return Math.addExact(at, 1);
  }

  /**
   * Whether the elements of a tensor of this shape fill a block without gaps, last dimension
   * fastest.
   */
  public boolean isRowMajor(Shape shape) {
    long step = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      if (shape.dim(i) != 1) {
        if (strides[i] != step) {
          return false;
        }
        step *= shape.dim(i);
      }
    }
    return true;
  }

  /**
   * Whether channels have stride 1 and all pixels of all images are equally far apart; see {@link
   * #pitch}.
   */
  public boolean isChannelsLast(Shape shape) {
    if (shape.rank() < 3 || (shape.dim(1) != 1 && strides[1] != 1)) {
      return false;
    }
    long pitch = pitch(shape);
    long step = pitch;
    for (int i = strides.length - 1; i >= 2; i--) {
      if (shape.dim(i) != 1 && strides[i] != step) {
        return false;
      }
      step *= shape.dim(i);
    }
    return pitch >= shape.dim(1) && (shape.dim(0) == 1 || strides[0] == step);
  }

  /** Elements between neighbouring pixels of a channels-last tensor. */
  public long pitch(Shape shape) {
    long pixels = 1;
    for (int i = strides.length - 1; i >= 2; i--) {
      if (shape.dim(i) != 1) {
        return strides[i] / pixels;
      }
      pixels *= shape.dim(i);
    }
    return shape.dim(0) != 1 ? strides[0] : shape.dim(1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Layout that
        && offset == that.offset
        && Arrays.equals(strides, that.strides);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(offset) + Arrays.hashCode(strides);
  }

  @Override
  public String toString() {
    return (offset == 0 ? "" : "+" + offset) + Arrays.toString(strides);
  }
}
