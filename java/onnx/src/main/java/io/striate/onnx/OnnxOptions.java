package io.striate.onnx;

import io.striate.tensor.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a model is loaded.
 *
 * @param externalData whether tensor data may be read from files beside the model; off by default,
 *     because the model says which files
 * @param inputShapes shapes that replace the declared ones, by input name; the way to fix symbolic
 *     dimensions. The first dimension may be {@link Shape#DYNAMIC}
 */
public record OnnxOptions(boolean externalData, Map<String, Shape> inputShapes) {

  /** Copies the map. */
  public OnnxOptions {
    inputShapes = Collections.unmodifiableMap(new LinkedHashMap<>(inputShapes));
  }

  /** No external data, shapes as declared. */
  public static OnnxOptions defaults() {
    return new OnnxOptions(false, Map.of());
  }

  /** These options with external data allowed or not. */
  public OnnxOptions withExternalData(boolean allowed) {
    return new OnnxOptions(allowed, inputShapes);
  }

  /** These options with the shape of one input fixed. */
  public OnnxOptions withInputShape(String input, Shape shape) {
    Map<String, Shape> next = new LinkedHashMap<>(inputShapes);
    next.put(input, shape);
    return new OnnxOptions(externalData, next);
  }
}
