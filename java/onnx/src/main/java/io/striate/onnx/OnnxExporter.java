package io.striate.onnx;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.nn.Model;
import io.striate.onnx.proto.ModelProto;
import io.striate.onnx.proto.OperatorSetIdProto;
import io.striate.onnx.proto.StringStringEntryProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes graphs as ONNX models. Every op of {@code io.striate.op} can be written; what ONNX has no
 * operator for (weighted pooling, LRN within channels, scaled tanh, SiLU, fused activations)
 * becomes several nodes. A dynamic batch stays dynamic. Names of values and nodes are kept, weights
 * are stored in the file.
 */
public final class OnnxExporter {
  /** The oldest opset that can be written. */
  public static final int MIN_OPSET = 17;

  /** The newest opset that can be written. */
  public static final int MAX_OPSET = OnnxModel.MAX_OPSET;

  /**
   * The opset that is written unless another is asked for: ONNX 1.16, which current runtimes cover
   * fully.
   */
  public static final int DEFAULT_OPSET = 21;

  private OnnxExporter() {}

  /** Writes a model with its metadata in the default opset. */
  public static void write(Model model, Path file) {
    write(model, file, DEFAULT_OPSET);
  }

  /** Writes a graph in the default opset. */
  public static void write(Graph graph, Path file) {
    write(Model.of(graph), file, DEFAULT_OPSET);
  }

  /**
   * Writes a model with its metadata.
   *
   * @throws IllegalArgumentException if the opset is not supported or lacks something that the
   *     graph needs
   * @throws StriateException if the file cannot be written or would exceed 2 GiB
   */
  public static void write(Model model, Path file, int opset) {
    ModelProto proto = export(model, opset);
    try (OutputStream out = Files.newOutputStream(file)) {
      proto.writeTo(out);
    } catch (IOException e) {
      throw new StriateException("cannot write the model file " + file + ": " + e, e);
    }
  }

  /** Writes a model with its metadata to a stream, which stays open. */
  public static void write(Model model, OutputStream out, int opset) {
    ModelProto proto = export(model, opset);
    try {
      proto.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new StriateException("cannot write the model: " + e, e);
    }
  }

  /** The bytes of the model's file. */
  public static byte[] toBytes(Model model, int opset) {
    return export(model, opset).toByteArray();
  }

  private static ModelProto export(Model model, int opset) {
    if (opset < MIN_OPSET || opset > MAX_OPSET) {
      throw new IllegalArgumentException(
          "opset " + opset + " cannot be written; " + MIN_OPSET + " to " + MAX_OPSET + " can");
    }
    ModelProto.Builder proto =
        ModelProto.newBuilder()
            .setIrVersion(irVersion(opset))
            .setProducerName("striate")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
            .setGraph(new GraphExport(model.graph(), opset).run());
    model
        .metadata()
        .forEach(
            (key, value) ->
                proto.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return proto.build();
  }

  /** The format version that came with an opset. */
  private static int irVersion(int opset) {
    return switch (opset) {
      case 17, 18 -> 8;
      case 19, 20 -> 9;
      case 21, 22 -> 10;
      case 23 -> 11;
      case 24 -> 12;
      default -> 13;
    };
  }
}
