package io.striate.onnx;

import io.striate.tensor.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a model is loaded.
 *
 * @param externalData whether tensor data may be read from files beside the model; off by default,
 *     because the model says which files
 * @param inputShapes shapes that replace the declared ones, by input name; the way to fix symbolic
 *     dimensions. The first dimension may be {@link Shape#DYNAMIC}
 * @param imageSize height and width for inputs N, C, H, W that leave them symbolic; empty if such
 *     an input is an error. A declared size is never replaced
 */
public record OnnxOptions(
    boolean externalData, Map<String, Shape> inputShapes, List<Integer> imageSize) {

  /** Copies the map and checks the size. */
  public OnnxOptions {
    inputShapes = Collections.unmodifiableMap(new LinkedHashMap<>(inputShapes));
    imageSize = List.copyOf(imageSize);
    if (!imageSize.isEmpty()
        && (imageSize.size() != 2 || imageSize.get(0) < 1 || imageSize.get(1) < 1)) {
      throw new IllegalArgumentException(
          "image size " + imageSize + " must be height and width, both at least 1");
    }
  }

  /** No external data, shapes as declared. */
  public static OnnxOptions defaults() {
    return new OnnxOptions(false, Map.of(), List.of());
  }

  /** These options with external data allowed or not. */
  public OnnxOptions withExternalData(boolean allowed) {
    return new OnnxOptions(allowed, inputShapes, imageSize);
  }

  /** These options with the shape of one input fixed. */
  public OnnxOptions withInputShape(String input, Shape shape) {
    Map<String, Shape> next = new LinkedHashMap<>(inputShapes);
    next.put(input, shape);
    return new OnnxOptions(externalData, next, imageSize);
  }

  /** These options with a height and width for images whose size the model leaves open. */
  public OnnxOptions withImageSize(int height, int width) {
    return new OnnxOptions(externalData, inputShapes, List.of(height, width));
  }
}
