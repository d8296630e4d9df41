package io.striate.nn;

import io.striate.exec.CompiledModel;
import io.striate.exec.Options;
import io.striate.exec.Tuning;
import io.striate.graph.Graph;
import io.striate.serve.BatchPolicy;
import io.striate.serve.MicroBatcher;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph with parameters and the metadata that travels with it (labels, pre-processing, origin): a
 * description, without compiled code. Immutable: what changes a model gives another one.
 *
 * @param metadata string properties in the model file's order, e.g. the keys of a pre-processing
 */
public record Model(Graph graph, Map<String, String> metadata) {
  /** Copies the metadata. */
  public Model {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** A model without metadata. */
  public static Model of(Graph graph) {
    return new Model(graph, Map.of());
  }

  /** Compiles the graph; the caller closes the result. */
  public CompiledModel compile(Options options) {
    return CompiledModel.compile(graph, options);
  }

  /**
   * Compiles the graph for several batch sizes behind a queue that gathers single requests to
   * batches; the caller closes the result.
   */
  public MicroBatcher batcher(Options options, BatchPolicy policy) {
    return MicroBatcher.open(graph, options, policy);
  }

  /** Measures the kernels of every step, as {@link CompiledModel#tune}. */
  public Tuning tune(Options options) {
    return CompiledModel.tune(graph, options);
  }

  /** Layers, shapes, parameters, memory and multiply-adds. */
  public Summary summary() {
    return Summary.of(graph);
  }

  /** The graph's name. */
  public String name() {
    return graph.name();
  }

  // Weights.

  /** Parameters and running statistics by name, in the order of the layers. */
  public Map<String, Tensor> weights() {
    return Weights.of(graph);
  }

  /** This model with other weights, as {@link #withWeights(Map, WeightMap)} by its own names. */
  public Model withWeights(Map<String, Tensor> weights) {
    return withWeights(weights, WeightMap.identity());
  }

  /**
   * This model with other weights. Their memory must stay valid as long as the model is used.
   *
   * @throws io.striate.StriateException if a weight is missing, has another shape, or is not used;
   *     the message lists every difference
   */
  public Model withWeights(Map<String, Tensor> weights, WeightMap map) {
    return new Model(Weights.put(graph, "the given map", Weights.stored(weights), map), metadata);
  }

  /**
   * This model with the weights of a file, as {@link #loadWeights(Path, WeightMap)} by PyTorch's
   * names.
   */
  public Model loadWeights(Path file) throws IOException {
    return loadWeights(file, WeightMap.torchvision());
  }

  /**
   * This model with the weights of a {@code .safetensors} or {@code .npz} file. Large tensors of
   * safetensors stay in the file, which is held open: compiling reads them from there into what the
   * kernels make of them, so that a process has them once; {@link #weights()} keeps them. The file
   * may be replaced or deleted meanwhile, but not written into: that is an error when it is read.
   *
   * @throws IOException if the file cannot be read
   * @throws io.striate.StriateException if it is damaged, or a weight is missing, has another
   *     shape, or is not used; the message lists every difference
   */
  public Model loadWeights(Path file, WeightMap map) throws IOException {
    return new Model(Weights.put(graph, file.toString(), Weights.read(file), map), metadata);
  }

  /** Writes parameters and running statistics to a {@code .safetensors} or {@code .npz} file. */
  public void saveWeights(Path file) throws IOException {
    Weights.write(file, graph, metadata);
  }

  // Surgery.

  /**
   * The model that ends at the given layers and has their results as outputs: activations of any
   * layer.
   *
   * @throws IllegalArgumentException if there is no layer of that name; the message lists them
   */
  public Model outputsAt(String... layers) {
    return new Model(Surgery.outputsAt(graph, List.of(layers)), metadata);
  }

  /** The model up to what its last dense or convolution layer reads: the learned features. */
  public Model features() {
    return outputsAt(Surgery.lastHidden(graph));
  }

  /**
   * The model up to the given layer, open for other layers behind it: {@code
   * model.openAt("flatten").named("head").dense(5).build()}. Weights come along.
   */
  public Flow openAt(String layer) {
    return Network.openAt(this, layer);
  }

  /**
   * The same function with dense layers rewritten as convolutions, for images of another size: a
   * VGG of 224×224 on 448×448 gives a map of 8×8 answers. A pooling keeps the window that it has.
   */
  public Model convolutional(long height, long width) {
    return new Model(Surgery.convolutional(graph, height, width), metadata);
  }
}
