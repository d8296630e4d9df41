package io.striate.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.striate.StriateException;
import io.striate.nn.Model;
import io.striate.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads ONNX models.
 *
 * <p>Supported are opsets {@value #MIN_OPSET} to {@value #MAX_OPSET} of the default domain for the
 * operators that {@code io.striate.op} knows, f32 arithmetic, and shape arithmetic with constant
 * results. The first dimension of an input may be symbolic: it becomes the dynamic batch, and every
 * input then shares it. Initializers that are also listed as inputs are constants. Whatever else a
 * file asks for is a {@link StriateException} that names the operator, the opset and the node; a
 * damaged file is a {@link StriateException} too. Memory use is bounded by the size of the file.
 */
public final class OnnxModel {
  /** The oldest opset of the default domain that can be read. */
  public static final int MIN_OPSET = 7;

  /** The newest opset of the default domain that can be read: that of ONNX 1.22. */
  public static final int MAX_OPSET = 27;

  /** The oldest format (IR) version that can be read, the first with opsets. */
  public static final int MIN_IR_VERSION = 3;

  /** The newest format (IR) version that can be read: that of ONNX 1.22. */
  public static final int MAX_IR_VERSION = 13;

  private static final int MAX_NESTING = 64;

  /** Smaller files are read whole, which takes one pass and fewer classes: a start is faster. */
  private static final long LEAST_LEFT = 16 << 20;

  private OnnxModel() {}

  /** Loads a model file with the default options. */
  public static Model load(Path file) {
    return load(file, OnnxOptions.defaults());
  }

  /**
   * Loads a model file. If it has 16 MiB and more and all its large initializers are raw f32 data,
   * these stay in the file, which is held open: compiling reads them from there into what the
   * kernels make of them, so that a process has them once. The file may be replaced or deleted
   * meanwhile, but not written into: that is an error when it is read. Any other file is read
   * whole.
   *
   * @throws StriateException if the file cannot be read, is damaged, or needs something unsupported
   * @throws IllegalArgumentException if the options do not fit the model
   */
  public static Model load(Path file, OnnxOptions options) {
    return load(file, options, LEAST_LEFT);
  }

  /** The same, leaving initializers in files of at least so many bytes. */
  static Model load(Path file, OnnxOptions options, long leastLeft) {
    Path directory = file.toAbsolutePath().getParent();
    ExternalData external = new ExternalData(options.externalData(), directory);
    byte[] bytes;
    try {
      long size = Files.size(file);
      if (size > Integer.MAX_VALUE - 16) {
        throw new StriateException(
            file
                + " has "
                + size
                + " bytes; an ONNX file has at most 2 GiB: store its weights as external data");
      }
      Optional<ModelFile> parts =
          size < leastLeft ? Optional.empty() : ModelFile.read(file, MAX_NESTING);
      if (parts.isPresent()) {
        TensorDecoder decoder = new TensorDecoder(external, parts.get().left());
        return load(parts.get().model(), options, decoder, file.toString());
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new StriateException("cannot read the model file " + file + ": " + e, e);
    }
    return load(bytes, options, external, file.toString());
  }

  /**
   * Loads a model from the bytes of its file with the default options; the bytes must not change
   * afterwards.
   */
  public static Model load(byte[] bytes) {
    return load(bytes, OnnxOptions.defaults());
  }

  /**
   * Loads a model from the bytes of its file; it cannot have external data. The bytes must not
   * change meanwhile.
   */
  public static Model load(byte[] bytes, OnnxOptions options) {
    return load(bytes, options, new ExternalData(options.externalData(), null), "the given bytes");
  }

  private static Model load(
      byte[] bytes, OnnxOptions options, ExternalData external, String source) {
    ModelProto proto;
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      in.enableAliasing(true);
      in.setRecursionLimit(MAX_NESTING);
      proto = ModelProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new StriateException(source + ": not an ONNX model, or damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new StriateException(source + ": cannot be read: " + e.getMessage(), e);
    }
    return load(proto, options, new TensorDecoder(external), source);
  }

  private static Model load(
      ModelProto proto, OnnxOptions options, TensorDecoder decoder, String source) {
    try {
      return new ModelImport(proto, options, decoder).run();
    } catch (StriateException e) {
      throw new StriateException(source + ": " + e.getMessage(), e);
    }
  }
}
