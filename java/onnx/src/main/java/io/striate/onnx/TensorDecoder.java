package io.striate.onnx;

import com.google.protobuf.ByteString;
import io.striate.StriateException;
import io.striate.io.StoredTensor;
import io.striate.onnx.proto.TensorProto;
import io.striate.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.IdentityHashMap;

/**
 * Decodes a {@code TensorProto}: raw, typed or external data. The number of elements is compared
 * with the data that is there before anything is allocated.
 */
final class TensorDecoder {
  private final ExternalData external;
  private final IdentityHashMap<TensorProto, StoredTensor> left;

  TensorDecoder(ExternalData external) {
    this(external, new IdentityHashMap<>());
  }

  /**
   * A decoder of a file's tensors.
   *
   * @param left f32 tensors whose data is left in the file, by identity
   */
  TensorDecoder(ExternalData external, IdentityHashMap<TensorProto, StoredTensor> left) {
    this.external = external;
    this.left = left;
  }

  /**
   * The tensor on the heap.
   *
   * @param what how messages name it, e.g. {@code initializer "conv1.weight"}
   * @throws StriateException if the type cannot be decoded or data and dimensions do not fit
   */
  HostTensor decode(TensorProto proto, String what) {
    StoredTensor stored = left.get(proto);
    if (stored != null) {
      return HostTensor.ofStored(stored);
    }
    try {
      return decodeChecked(proto);
    } catch (IllegalArgumentException e) {
      throw new StriateException(what + ": " + e.getMessage(), e);
    }
  }

  private HostTensor decodeChecked(TensorProto proto) {
    int type = proto.getDataType();
    boolean isFloat = ElementType.isFloat(type);
    if (!isFloat && !ElementType.isInteger(type)) {
      throw new IllegalArgumentException(
          "elements are "
              + ElementType.name(type)
              + "; float, float16, bfloat16, double, integers of 8 to 64 bits and bool are supported"
              + " (export the model without quantisation)");
    }
    if (proto.hasSegment()) {
      throw new IllegalArgumentException(
          "it is stored in segments, which no ONNX version defines how to join");
    }
    long[] dims = new long[proto.getDimsCount()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = proto.getDims(i);
    }
    long count = HostTensor.elements(dims);
    if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      checkNoInlineData(proto);
      ByteBuffer raw =
          external.read(proto.getExternalDataList(), count * ElementType.rawBytes(type));
      return fromRaw(type, dims, Math.toIntExact(count), raw);
    }
    if (proto.getExternalDataCount() > 0) {
      throw new IllegalArgumentException(
          "it names external data, but its data_location says that the data is in the model file");
    }
    if (proto.hasRawData()) {
      if (typedCount(proto) != 0) {
        throw new IllegalArgumentException("it holds raw_data and typed data at once");
      }
      ByteString bytes = proto.getRawData();
      long expected = count * ElementType.rawBytes(type);
      if (bytes.size() != expected) {
        throw new IllegalArgumentException(
            "dimensions "
                + Arrays.toString(dims)
                + " of "
                + ElementType.name(type)
                + " need "
                + expected
                + " bytes, but raw_data has "
                + bytes.size());
      }
      return fromRaw(type, dims, (int) count, bytes.asReadOnlyByteBuffer());
    }
    return fromTyped(proto, type, dims, (int) count);
  }

  private static void checkNoInlineData(TensorProto proto) {
    if (proto.hasRawData() || typedCount(proto) != 0) {
      throw new IllegalArgumentException(
          "it holds data in the model file and says that the data is external");
    }
  }

  /** How many elements of all types are not raw. */
  static int typedCount(TensorProto proto) {
    return proto.getFloatDataCount()
        + proto.getInt32DataCount()
        + proto.getInt64DataCount()
        + proto.getDoubleDataCount()
        + proto.getUint64DataCount()
        + proto.getStringDataCount();
  }

  private static HostTensor fromRaw(int type, long[] dims, int count, ByteBuffer raw) {
    ByteBuffer bytes = raw.order(ByteOrder.LITTLE_ENDIAN);
    if (type == ElementType.FLOAT) {
      return HostTensor.ofRawFloats(dims, bytes);
    }
    if (ElementType.isFloat(type)) {
      float[] out = new float[count];
      for (int i = 0; i < count; i++) {
        out[i] =
            type == ElementType.DOUBLE ? narrow(bytes.getDouble()) : half(type, bytes.getShort());
      }
      return HostTensor.ofFloats(type, dims, out);
    }
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      out[i] =
          switch (ElementType.rawBytes(type)) {
            case 1 -> ElementType.wrap(type, bytes.get());
            case 2 -> ElementType.wrap(type, bytes.getShort());
            case 4 -> ElementType.wrap(type, bytes.getInt());
            default -> unsigned(type, bytes.getLong());
          };
    }
    return HostTensor.ofInts(type, dims, out);
  }

  private static HostTensor fromTyped(TensorProto proto, int type, long[] dims, int count) {
    int present =
        switch (type) {
          case DataType.FLOAT_VALUE -> proto.getFloatDataCount();
          case DataType.DOUBLE_VALUE -> proto.getDoubleDataCount();
          case DataType.INT64_VALUE -> proto.getInt64DataCount();
          case DataType.UINT32_VALUE, DataType.UINT64_VALUE -> proto.getUint64DataCount();
          default -> proto.getInt32DataCount();
        };
    if (present != count || typedCount(proto) != present) {
      throw new IllegalArgumentException(
          "dimensions "
              + Arrays.toString(dims)
              + " need "
              + count
              + " elements of "
              + ElementType.name(type)
              + ", but the typed data holds "
              + present
              + (typedCount(proto) == present
                  ? ""
                  : " and " + (typedCount(proto) - present) + " of another type"));
    }
    if (ElementType.isFloat(type)) {
      float[] out = new float[count];
      for (int i = 0; i < count; i++) {
        out[i] =
            switch (type) {
              case DataType.FLOAT_VALUE -> proto.getFloatData(i);
              case DataType.DOUBLE_VALUE -> narrow(proto.getDoubleData(i));
              default -> half(type, (short) proto.getInt32Data(i));
            };
      }
      return HostTensor.ofFloats(type, dims, out);
    }
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      out[i] =
          switch (type) {
            case DataType.INT64_VALUE -> proto.getInt64Data(i);
            case DataType.UINT32_VALUE, DataType.UINT64_VALUE ->
                unsigned(type, proto.getUint64Data(i));
            default -> inRange(type, proto.getInt32Data(i));
          };
    }
    return HostTensor.ofInts(type, dims, out);
  }

  private static float half(int type, short bits) {
    return type == ElementType.FLOAT16
        ? Float.float16ToFloat(bits)
        : Float.intBitsToFloat(bits << 16);
  }

  /** Double to float; rounding is accepted, a finite value that becomes infinite is not. */
  private static float narrow(double value) {
    float narrowed = (float) value;
    if (Float.isInfinite(narrowed) && !Double.isInfinite(value)) {
      throw new IllegalArgumentException("double " + value + " is outside the range of f32");
    }
    return narrowed;
  }

  private static long unsigned(int type, long value) {
    if (type == DataType.UINT64_VALUE && value < 0) {
      throw new IllegalArgumentException(
          "uint64 "
              + Long.toUnsignedString(value)
              + " is above 2^63 - 1, the most that is supported");
    }
    return inRange(type, value);
  }

  private static long inRange(int type, long value) {
    if (ElementType.wrap(type, value) != value) {
      throw new IllegalArgumentException(
          value + " is outside the range of " + ElementType.name(type));
    }
    return value;
  }

  /** How messages name a tensor. */
  static String describe(String role, TensorProto proto) {
    StringBuilder text = new StringBuilder(role + " \"" + proto.getName() + "\"");
    for (int i = 0; i < proto.getDimsCount(); i++) {
      text.append(i == 0 ? " (" : "x").append(proto.getDims(i));
    }
    return text.append(proto.getDimsCount() == 0 ? "" : ")").toString();
  }
}
