package io.striate.io;

import io.striate.tensor.DType;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Conversion of element types. Widening from F16, BF16, S8 and U8 is exact; F64, S32 and S64 round
 * to the nearest f32, ties to even; an F64 beyond the range of f32 becomes an infinity.
 */
public final class Conversions {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

  private Conversions() {}

  /**
   * The tensor as f32: itself if it already is f32, whatever its layout, otherwise a dense
   * row-major copy whose memory is freed when it becomes unreachable.
   */
  public static Tensor toF32(Tensor tensor) {
    return tensor.desc().dtype() == DType.F32 ? tensor : toF32(tensor, Arena.ofAuto());
  }

  /** A dense row-major f32 copy in {@code arena}. */
  public static Tensor toF32(Tensor tensor, Arena arena) {
    Tensor out = Tensor.allocate(arena, TensorDesc.f32(tensor.shape()));
    DType dtype = tensor.desc().dtype();
    MemorySegment from = tensor.data();
    MemorySegment to = out.data();
    Rows.forEach(
        tensor.desc(),
        (first, step, count, index) -> {
          for (long i = 0; i < count; i++) {
            to.set(FLOAT, (index + i) * Float.BYTES, get(dtype, from, first + i * step));
          }
        });
    return out;
  }

  private static float get(DType dtype, MemorySegment from, long element) {
    long at = element * dtype.bytes();
    return switch (dtype) {
      case F32 -> from.get(FLOAT, at);
      case F64 -> (float) from.get(DOUBLE, at);
      case BF16 -> Float.intBitsToFloat(from.get(SHORT, at) << 16);
      case F16 -> Float.float16ToFloat(from.get(SHORT, at));
      case S8 -> from.get(ValueLayout.JAVA_BYTE, at);
      case U8 -> from.get(ValueLayout.JAVA_BYTE, at) & 0xff;
      case S32 -> from.get(INT, at);
      case S64 -> from.get(LONG, at);
    };
  }
}
