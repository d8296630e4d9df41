package io.striate.op.vector;

import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.invoke.MethodHandles.Lookup;
import java.util.stream.IntStream;
import jdk.incubator.vector.VectorShuffle;

/**
 * Shuffles that spread one channel of every group of lanes over its group, for {@link VectorCode}:
 * lane l takes lane {@code l/size·size + k}. Constants of the class that uses them, since C2 must
 * know a shuffle when it compiles.
 */
final class GroupLanes {
  /** Channels of the largest group. */
  private static final int MOST = 8;

  private GroupLanes() {}

  /** Whether groups of so many channels share a vector. */
  static boolean has(int size, int lanes) {
    return size > 1 && size <= Math.min(MOST, lanes) && Integer.bitCount(size) == 1;
  }

  /** The constant that {@link #bootstrap} makes. */
  static DynamicConstantDesc<?> constant(Width width, int size, int k) {
    ClassDesc own = ScalarCode.desc(GroupLanes.class);
    return DynamicConstantDesc.ofNamed(
        ConstantDescs.ofConstantBootstrap(
            own,
            "bootstrap",
            ScalarCode.desc(VectorShuffle.class),
            ConstantDescs.CD_int,
            ConstantDescs.CD_int,
            ConstantDescs.CD_int),
        "lanes",
        ScalarCode.desc(VectorShuffle.class),
        width.bits(),
        size,
        k);
  }

  /** Called by the JVM, once for every constant of a kernel class. */
  static VectorShuffle<Float> bootstrap(
      Lookup user, String name, Class<?> type, int bits, int size, int k) {
    Width width = Width.of(bits);
    int[] from = IntStream.range(0, width.lanes()).map(l -> l / size * size + k).toArray();
    return VectorShuffle.fromValues(width.species(), from);
  }
}
