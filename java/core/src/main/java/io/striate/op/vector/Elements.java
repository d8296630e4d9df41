package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Plain loops over f32 elements that lie a stride apart; offsets and strides in bytes. */
final class Elements {
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** From here on {@link MemorySegment#copy} beats a loop. */
  private static final int SHORT = 24;

  private Elements() {}

  static float get(MemorySegment from, long at) {
    return from.get(FLOAT, at);
  }

  static void set(MemorySegment to, long at, float value) {
    to.set(FLOAT, at, value);
  }

  /** {@code to[i] = from[i]}. */
  static void copy(
      MemorySegment from,
      long fromAt,
      long fromStep,
      MemorySegment to,
      long toAt,
      long toStep,
      int count) {
    if (fromStep == TileKernel.ELEMENT && toStep == TileKernel.ELEMENT && count >= SHORT) {
      MemorySegment.copy(from, fromAt, to, toAt, count * TileKernel.ELEMENT);
      return;
    }
    for (int i = 0; i < count; i++) {
      to.set(FLOAT, toAt + i * toStep, from.get(FLOAT, fromAt + i * fromStep));
    }
  }

  /** {@code to[3 i + c] = from[c plane + i]} for three planes. */
  static void interleave(
      MemorySegment from, long fromAt, long plane, MemorySegment to, long toAt, int count) {
    for (int i = 0; i < count; i++) {
      long at = fromAt + i * TileKernel.ELEMENT;
      long pixel = toAt + 3 * TileKernel.ELEMENT * i;
      to.set(FLOAT, pixel, from.get(FLOAT, at));
      to.set(FLOAT, pixel + TileKernel.ELEMENT, from.get(FLOAT, at + plane));
      to.set(FLOAT, pixel + 2 * TileKernel.ELEMENT, from.get(FLOAT, at + 2 * plane));
    }
  }

  /** {@code to[i] = value}. */
  static void fill(MemorySegment to, long toAt, long toStep, int count, float value) {
    for (int i = 0; i < count; i++) {
      to.set(FLOAT, toAt + i * toStep, value);
    }
  }
}
