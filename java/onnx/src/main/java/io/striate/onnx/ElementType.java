package io.striate.onnx;

import io.striate.onnx.proto.TensorProto.DataType;
import org.jspecify.annotations.Nullable;

/** Element types by their ONNX number: names for messages, and which of them can be decoded. */
final class ElementType {
  static final int FLOAT = DataType.FLOAT_VALUE;
  static final int INT32 = DataType.INT32_VALUE;
  static final int INT64 = DataType.INT64_VALUE;
  static final int BOOL = DataType.BOOL_VALUE;
  static final int DOUBLE = DataType.DOUBLE_VALUE;
  static final int FLOAT16 = DataType.FLOAT16_VALUE;
  static final int BFLOAT16 = DataType.BFLOAT16_VALUE;

  private ElementType() {}

  /** The name in ONNX's spelling, or the number if there is no such type. */
  static String name(int type) {
    @Nullable DataType known = DataType.forNumber(type);
    return known == null ? "unknown type " + type : known.name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Whether elements are decoded to {@code float}. */
  static boolean isFloat(int type) {
    return type == FLOAT || type == DOUBLE || type == FLOAT16 || type == BFLOAT16;
  }

  /** Whether elements are decoded to {@code long}. */
  static boolean isInteger(int type) {
    return switch (type) {
      case DataType.UINT8_VALUE,
          DataType.INT8_VALUE,
          DataType.UINT16_VALUE,
          DataType.INT16_VALUE,
          DataType.INT32_VALUE,
          DataType.INT64_VALUE,
          DataType.UINT32_VALUE,
          DataType.UINT64_VALUE,
          DataType.BOOL_VALUE ->
          true;
      default -> false;
    };
  }

  /** Bytes of one element in {@code raw_data}; only for types that can be decoded. */
  static int rawBytes(int type) {
    return switch (type) {
      case DataType.UINT8_VALUE, DataType.INT8_VALUE, DataType.BOOL_VALUE -> 1;
      case DataType.UINT16_VALUE,
          DataType.INT16_VALUE,
          DataType.FLOAT16_VALUE,
          DataType.BFLOAT16_VALUE ->
          2;
      case DataType.FLOAT_VALUE, DataType.INT32_VALUE, DataType.UINT32_VALUE -> 4;
      case DataType.DOUBLE_VALUE, DataType.INT64_VALUE, DataType.UINT64_VALUE -> 8;
      default -> throw new IllegalArgumentException(name(type) + " elements cannot be decoded");
    };
  }

  /** The value as the type stores it: truncated to its width. */
  static long wrap(int type, long value) {
    return switch (type) {
      case DataType.UINT8_VALUE -> value & 0xff;
      case DataType.INT8_VALUE -> (byte) value;
      case DataType.UINT16_VALUE -> value & 0xffff;
      case DataType.INT16_VALUE -> (short) value;
      case DataType.INT32_VALUE -> (int) value;
      case DataType.UINT32_VALUE -> value & 0xffff_ffffL;
      case DataType.BOOL_VALUE -> value == 0 ? 0 : 1;
      default -> value;
    };
  }

  /** The value as the type stores it: rounded to its precision. */
  static float round(int type, float value) {
    return switch (type) {
      case DataType.FLOAT16_VALUE -> Float.float16ToFloat(Float.floatToFloat16(value));
      case DataType.BFLOAT16_VALUE -> {
        int bits = Float.floatToRawIntBits(value);
        boolean finite = (bits & 0x7f80_0000) != 0x7f80_0000;
        // To nearest, ties to even: add just under half of the dropped part, one more if the kept
        // part is odd.
        int rounded = finite ? bits + 0x7fff + (bits >> 16 & 1) : bits;
        yield Float.intBitsToFloat(rounded & 0xffff_0000);
      }
      default -> value;
    };
  }
}
