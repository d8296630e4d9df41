package io.striate.op.contract;

import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import java.util.Random;
import java.util.stream.IntStream;

/** Contents and layouts of test tensors, all from seeded generators. */
final class Data {
  private Data() {}

  /** Integers from -most to most. */
  static float[] integers(Random random, Shape shape, int most) {
    float[] out = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] = random.nextInt(2 * most + 1) - most;
    }
    return out;
  }

  /** Integers up to 4, or reals up to 1. */
  static float[] of(Random random, Shape shape, boolean integers) {
    return integers ? integers(random, shape, 4) : reals(random, shape, 1);
  }

  /** Uniform in [-scale, scale). */
  static float[] reals(Random random, Shape shape, float scale) {
    float[] out = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] = (random.nextFloat() * 2 - 1) * scale;
    }
    return out;
  }

  /** How the elements of an image lie. */
  enum Place {
    /** Dense N, C, H, W. */
    ROW_MAJOR,
    /** Dense channels-last. */
    CHANNELS_LAST,
    /** Channels-last, pixels further apart than C. */
    PITCH,
    /** A channel range in the middle of wider pixels, as in a concatenation in place. */
    CHANNEL_RANGE;

    Layout layout(Shape shape) {
      long c = shape.dim(1);
      return switch (this) {
        case ROW_MAJOR -> Layout.rowMajor(shape);
        case CHANNELS_LAST -> Layout.channelsLast(shape);
        case PITCH -> Layout.channelsLast(shape, c + 5);
        case CHANNEL_RANGE -> Layout.channelsLast(shape, c + 24).shifted(16);
      };
    }
  }

  /** Axes in random order, each with a random gap, some reversed, starting at a random offset. */
  static Layout anyLayout(Random random, Shape shape) {
    int rank = shape.rank();
    Integer[] order = IntStream.range(0, rank).boxed().toArray(Integer[]::new);
    java.util.Collections.shuffle(java.util.Arrays.asList(order), random);
    long[] strides = new long[rank];
    long step = random.nextInt(3) == 0 ? 2 : 1;
    long offset = random.nextInt(4);
    for (int axis : order) {
      boolean reversed = random.nextInt(6) == 0;
      strides[axis] = reversed ? -step : step;
      offset += reversed ? step * (shape.dim(axis) - 1) : 0;
      step = step * shape.dim(axis) + (random.nextBoolean() ? random.nextInt(3) : 0);
    }
    return Layout.of(offset, strides);
  }
}
