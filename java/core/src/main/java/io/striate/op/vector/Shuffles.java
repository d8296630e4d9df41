package io.striate.op.vector;

import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.invoke.MethodHandles.Lookup;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Shuffles and masks that {@link VectorCode} uses, as constants of the kernel class, since C2 must
 * know them when it compiles.
 */
final class Shuffles {
  /** Channels of the largest group. */
  private static final int MOST_OF_GROUP = 8;

  private static final ClassDesc SHUFFLE = ScalarCode.desc(VectorShuffle.class);
  private static final ClassDesc MASK = ScalarCode.desc(VectorMask.class);

  private Shuffles() {}

  /** Whether groups of so many channels share a vector. */
  static boolean hasGroups(int size, int lanes) {
    return size > 1 && size <= Math.min(MOST_OF_GROUP, lanes) && Integer.bitCount(size) == 1;
  }

  /** Spreads channel k of every group of lanes over its group: lane l takes l/size·size + k. */
  static DynamicConstantDesc<?> groups(Width width, int size, int k) {
    return constant("groups", SHUFFLE, width, size, k);
  }

  /** Exchanges lanes: lane l takes {@code l ^ distance}. */
  static DynamicConstantDesc<?> exchange(Width width, int distance) {
    return constant("exchange", SHUFFLE, width, distance, 0);
  }

  /** The lanes whose number has this bit. */
  static DynamicConstantDesc<?> lanesWith(Width width, int bit) {
    return constant("lanesWith", MASK, width, bit, 0);
  }

  private static DynamicConstantDesc<?> constant(
      String name, ClassDesc type, Width width, int a, int b) {
    ClassDesc number = ConstantDescs.CD_int;
    ClassDesc own = ScalarCode.desc(Shuffles.class);
    return DynamicConstantDesc.ofNamed(
        ConstantDescs.ofConstantBootstrap(own, name, type, number, number, number),
        name,
        type,
        width.bits(),
        a,
        b);
  }

  // Called by the JVM, once for every constant of a kernel class.

  static VectorShuffle<Float> groups(
      Lookup user, String name, Class<?> type, int bits, int size, int k) {
    return shuffle(bits, l -> l / size * size + k);
  }

  static VectorShuffle<Float> exchange(
      Lookup user, String name, Class<?> type, int bits, int distance, int unused) {
    return shuffle(bits, l -> l ^ distance);
  }

  static VectorMask<Float> lanesWith(
      Lookup user, String name, Class<?> type, int bits, int bit, int unused) {
    long lanes = 0;
    for (int l = 0; l < Width.of(bits).lanes(); l++) {
      lanes |= (l & bit) != 0 ? 1L << l : 0;
    }
    return VectorMask.fromLong(Width.of(bits).species(), lanes);
  }

  private static VectorShuffle<Float> shuffle(int bits, IntUnaryOperator from) {
    Width width = Width.of(bits);
    return VectorShuffle.fromValues(
        width.species(), IntStream.range(0, width.lanes()).map(from).toArray());
  }
}
