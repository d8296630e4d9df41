package io.striate.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.striate.StriateException;
import io.striate.onnx.proto.TensorProto;
import io.striate.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorDecoderTest {
  private static HostTensor decode(TensorProto.Builder proto) {
    return new TensorDecoder(ExternalData.none()).decode(proto.build(), "initializer \"t\"");
  }

  private static TensorProto.Builder of(DataType type, long... dims) {
    TensorProto.Builder t = TensorProto.newBuilder().setName("t").setDataType(type.getNumber());
    for (long d : dims) {
      t.addDims(d);
    }
    return t;
  }

  private static ByteBuffer bytes(int n) {
    return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteString raw(ByteBuffer b) {
    return ByteString.copyFrom(b.flip());
  }

  private static void assertFails(TensorProto.Builder proto, String part) {
    String message = assertThrows(StriateException.class, () -> decode(proto)).getMessage();
    assertTrue(message.startsWith("initializer \"t\": "), message);
    assertTrue(message.contains(part), message);
  }

  @Test
  void floatingPointTypesRawAndTyped() {
    float[] expected = {1.5f, -0.25f, 1024, Float.NEGATIVE_INFINITY};
    assertArrayEquals(
        expected,
        decode(
                of(DataType.FLOAT, 2, 2)
                    .setRawData(
                        raw(
                            bytes(16)
                                .putFloat(1.5f)
                                .putFloat(-0.25f)
                                .putFloat(1024)
                                .putFloat(Float.NEGATIVE_INFINITY))))
            .floats());
    TensorProto.Builder typed = of(DataType.FLOAT, 4);
    TensorProto.Builder doubles = of(DataType.DOUBLE, 4);
    TensorProto.Builder half = of(DataType.FLOAT16, 4);
    TensorProto.Builder brain = of(DataType.BFLOAT16, 4);
    ByteBuffer rawDouble = bytes(32);
    ByteBuffer rawHalf = bytes(8);
    ByteBuffer rawBrain = bytes(8);
    for (float f : expected) {
      typed.addFloatData(f);
      doubles.addDoubleData(f);
      half.addInt32Data(Float.floatToFloat16(f) & 0xffff);
      brain.addInt32Data(Float.floatToRawIntBits(f) >>> 16);
      rawDouble.putDouble(f);
      rawHalf.putShort(Float.floatToFloat16(f));
      rawBrain.putShort((short) (Float.floatToRawIntBits(f) >>> 16));
    }
    assertArrayEquals(expected, decode(typed).floats());
    assertArrayEquals(expected, decode(doubles).floats());
    assertArrayEquals(expected, decode(half).floats());
    assertArrayEquals(expected, decode(brain).floats());
    assertArrayEquals(expected, decode(of(DataType.DOUBLE, 4).setRawData(raw(rawDouble))).floats());
    assertArrayEquals(expected, decode(of(DataType.FLOAT16, 4).setRawData(raw(rawHalf))).floats());
    assertArrayEquals(
        expected, decode(of(DataType.BFLOAT16, 4).setRawData(raw(rawBrain))).floats());
  }

  @Test
  void integerTypesRawAndTyped() {
    assertArrayEquals(
        new long[] {-5, Long.MAX_VALUE},
        decode(of(DataType.INT64, 2).addInt64Data(-5).addInt64Data(Long.MAX_VALUE)).ints());
    assertArrayEquals(
        new long[] {-5, 9},
        decode(of(DataType.INT64, 2).setRawData(raw(bytes(16).putLong(-5).putLong(9)))).ints());
    assertArrayEquals(
        new long[] {-5}, decode(of(DataType.INT32).setRawData(raw(bytes(4).putInt(-5)))).ints());
    assertArrayEquals(
        new long[] {0xffff_fffbL},
        decode(of(DataType.UINT32).setRawData(raw(bytes(4).putInt(-5)))).ints());
    assertArrayEquals(
        new long[] {251},
        decode(of(DataType.UINT8).setRawData(raw(bytes(1).put((byte) -5)))).ints());
    assertArrayEquals(
        new long[] {-5}, decode(of(DataType.INT8).setRawData(raw(bytes(1).put((byte) -5)))).ints());
    assertArrayEquals(
        new long[] {1, 0}, decode(of(DataType.BOOL, 2).addInt32Data(1).addInt32Data(0)).ints());
    assertArrayEquals(new long[0], decode(of(DataType.INT64, 0)).ints());
  }

  @Test
  void whatDoesNotFit() {
    assertFails(of(DataType.FLOAT, 3).addFloatData(1), "need 3 elements");
    assertFails(of(DataType.FLOAT, 3).setRawData(raw(bytes(8).putDouble(1))), "need 12 bytes");
    assertFails(of(DataType.FLOAT, 1L << 40).addFloatData(1), "more than 2^31 - 1");
    assertFails(of(DataType.FLOAT, 1L << 40, 1L << 40).addFloatData(1), "more than 2^31 - 1");
    assertFails(of(DataType.FLOAT, -1).addFloatData(1), "negative");
    assertFails(of(DataType.FLOAT, 1).addDoubleData(1), "need 1 elements");
    assertFails(
        of(DataType.FLOAT, 1).addFloatData(1).setRawData(raw(bytes(4).putFloat(1))), "at once");
    assertFails(of(DataType.DOUBLE, 1).addDoubleData(1e300), "outside the range of f32");
    assertFails(of(DataType.UINT8, 1).addInt32Data(300), "outside the range of uint8");
    assertFails(of(DataType.UINT64, 1).addUint64Data(-1), "above 2^63 - 1");
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {
        "STRING",
        "COMPLEX64",
        "COMPLEX128",
        "FLOAT8E4M3FN",
        "FLOAT8E5M2",
        "UINT4",
        "INT4",
        "FLOAT4E2M1",
        "INT2",
        "UNDEFINED"
      })
  void otherTypesAreNamed(DataType type) {
    assertFails(of(type, 1), type.name().toLowerCase(java.util.Locale.ROOT));
  }

  @Test
  void bfloat16RoundsToNearestEven() {
    assertEquals(1f, ElementType.round(ElementType.BFLOAT16, 1 + 1f / 256));
    assertEquals(1.015625f, ElementType.round(ElementType.BFLOAT16, 1 + 3f / 256));
  }
}
