package io.striate.nn;

import io.striate.exec.CompiledModel;
import io.striate.exec.Options;
import io.striate.graph.Graph;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A graph with parameters and the metadata that travels with it (labels, pre-processing, origin): a
 * description, without compiled code.
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

  /** Layers, shapes, parameters and multiply-adds. */
  public Summary summary() {
    return Summary.of(graph);
  }

  /** The graph's name. */
  public String name() {
    return graph.name();
  }
}
