package io.striate.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.striate.StriateException;
import io.striate.onnx.proto.TensorProto;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads and writes single tensors as ONNX {@code TensorProto} files ({@code .pb}), the form of the
 * inputs and outputs that are published with models.
 */
public final class OnnxTensors {
  private OnnxTensors() {}

  /**
   * Reads a floating-point tensor; float16, bfloat16 and double become f32.
   *
   * @throws StriateException if the file cannot be read, is damaged, or holds another type
   */
  public static Tensor read(Path file) {
    try {
      return read(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new StriateException("cannot read the tensor file " + file + ": " + e, e);
    }
  }

  static Tensor read(byte[] bytes, String source) {
    TensorProto proto;
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      in.enableAliasing(true);
      proto = TensorProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new StriateException(source + ": not an ONNX tensor, or damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new StriateException(source + ": cannot be read: " + e.getMessage(), e);
    }
    HostTensor data = new TensorDecoder(ExternalData.none()).decode(proto, source);
    if (!data.isFloat()) {
      throw new StriateException(
          source + ": holds " + data + "; a floating-point tensor is needed");
    }
    try {
      return data.toTensor();
    } catch (IllegalArgumentException e) {
      throw new StriateException(source + ": " + e.getMessage(), e);
    }
  }

  /** Writes an f32 tensor, elements in row-major order of its logical shape. */
  public static void write(Path file, String name, Tensor tensor) {
    try {
      Files.write(file, encode(name, tensor).toByteArray());
    } catch (IOException e) {
      throw new StriateException("cannot write the tensor file " + file + ": " + e, e);
    }
  }

  static TensorProto encode(String name, Tensor tensor) {
    long bytes = tensor.shape().elements() * Float.BYTES;
    if (bytes > Integer.MAX_VALUE - 1024) {
      throw new StriateException(
          "tensor \"" + name + "\" has " + bytes + " bytes; an ONNX file has at most 2 GiB");
    }
    ByteBuffer raw = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(tensor.toArray());
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    for (long d : tensor.shape().dims()) {
      proto.addDims(d);
    }
    return proto.setRawData(UnsafeByteOperations.unsafeWrap(raw)).build();
  }
}
