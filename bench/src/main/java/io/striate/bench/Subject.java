package io.striate.bench;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.nn.Model;
import io.striate.onnx.OnnxExporter;
import io.striate.onnx.OnnxModel;
import io.striate.onnx.OnnxOptions;
import io.striate.tensor.Shape;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A model that engines are compared on: an ONNX file, which every engine reads, or an architecture
 * of the zoo with seeded weights, which ONNX Runtime gets as an exported ONNX model.
 *
 * @param file the ONNX file, or empty for the zoo
 * @param batch images per run
 */
record Subject(String name, Model model, Optional<Path> file, int batch) {
  private static final String ZOO = "zoo:";
  private static final long SEED = 1;

  /** Height and width of images where the file leaves them open. */
  private static final int IMAGE_SIZE = 224;

  /** The model with this name: {@code zoo:NAME} or the path of an ONNX file. */
  static Subject of(String name, int batch) {
    if (name.startsWith(ZOO)) {
      return new Subject(
          name, Zoo.seeded(name.substring(ZOO.length()), SEED), Optional.empty(), batch);
    }
    Path file = Path.of(name);
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "there is no model file "
              + name
              + "; write its path, or zoo:NAME with NAME one of "
              + Zoo.names());
    }
    return new Subject(
        String.valueOf(file.getFileName()),
        OnnxModel.load(file, OnnxOptions.defaults().withImageSize(IMAGE_SIZE, IMAGE_SIZE)),
        Optional.of(file),
        batch);
  }

  /** How a model with this name is called in results: {@code zoo:NAME} or the name of its file. */
  static String title(String name) {
    return name.startsWith(ZOO) ? name : String.valueOf(Path.of(name).getFileName());
  }

  /** The graph for this batch. */
  Graph graph() {
    return model.graph().withBatch(batch);
  }

  /** The bytes of the model as ONNX. */
  byte[] onnx() {
    try {
      return file.isPresent()
          ? Files.readAllBytes(file.get())
          : OnnxExporter.toBytes(model, OnnxExporter.DEFAULT_OPSET);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * The same model for another batch; the first images of a larger batch are those of a smaller.
   */
  Subject withBatch(int images) {
    return new Subject(name, model, file, images);
  }

  /** Inputs in row-major order, uniform in -1 … 1 from a seed. */
  Map<String, float[]> inputs() {
    SplittableRandom random = new SplittableRandom(SEED);
    Map<String, float[]> inputs = new LinkedHashMap<>();
    for (Value v : graph().inputs()) {
      float[] values = new float[elements(v.shape())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (2 * random.nextDouble() - 1);
      }
      inputs.put(v.name(), values);
    }
    return inputs;
  }

  static int elements(Shape shape) {
    return Math.toIntExact(shape.elements());
  }
}
