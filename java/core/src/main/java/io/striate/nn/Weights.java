package io.striate.nn;

import io.striate.StriateException;
import io.striate.graph.Constant;
import io.striate.graph.Constant.Role;
import io.striate.graph.Graph;
import io.striate.graph.GraphCopy;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.io.Conversions;
import io.striate.io.Npz;
import io.striate.io.Safetensors;
import io.striate.io.StoredTensor;
import io.striate.op.Dropout;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.Identity;
import io.striate.op.Unary;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Puts weights into a graph, and takes them out: parameters and running statistics by name. */
final class Weights {
  private Weights() {}

  static Map<String, StoredTensor> read(Path file) throws IOException {
    return switch (suffix(file)) {
      case "npz" -> stored(Npz.read(file));
      case "safetensors" -> Safetensors.stored(file);
      default -> throw unknown(file);
    };
  }

  static Map<String, StoredTensor> stored(Map<String, Tensor> tensors) {
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> stored.put(name, StoredTensor.of(tensor)));
    return stored;
  }

  static void write(Path file, Graph graph, Map<String, String> metadata) throws IOException {
    Map<String, Tensor> tensors = of(graph);
    switch (suffix(file)) {
      case "npz" -> Npz.write(file, tensors);
      case "safetensors" -> Safetensors.write(file, tensors, metadata);
      default -> throw unknown(file);
    }
  }

  private static String suffix(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static IllegalArgumentException unknown(Path file) {
    return new IllegalArgumentException(
        file + " is no weight file that is known: its name must end in .safetensors or .npz");
  }

  /** All weights by name, in the order of the layers. */
  static Map<String, Tensor> of(Graph graph) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    targets(graph).forEach((v, t) -> out.put(v.name(), constant(graph, v).data()));
    return out;
  }

  private static Constant constant(Graph graph, Value v) {
    return Objects.requireNonNull(graph.constants().get(v));
  }

  /** What has to be filled, in the order of the layers. */
  private static Map<Value, WeightMap.Target> targets(Graph graph) {
    Map<Value, Node> producers = new HashMap<>();
    Map<Value, WeightMap.Target> targets = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      for (int i = 0; i < node.inputs().size(); i++) {
        Value v = node.inputs().get(i);
        Constant c = graph.constants().get(v);
        if (c != null && c.role() != Role.FIXED) {
          targets.putIfAbsent(
              v,
              new WeightMap.Target(v.name(), v.shape(), node.op(), i, flattened(node, producers)));
        }
      }
      node.outputs().forEach(v -> producers.put(v, node));
    }
    return targets;
  }

  /** What a dense layer's input was before it was flattened. */
  private static Optional<Shape> flattened(Node node, Map<Value, Node> producers) {
    if (!(node.op() instanceof Gemm)) {
      return Optional.empty();
    }
    Node at = producers.get(node.inputs().get(0));
    while (at != null
        && (at.op() instanceof Unary
            || at.op() instanceof Dropout
            || at.op() instanceof Identity)) {
      at = producers.get(at.inputs().get(0));
    }
    return at != null && at.op() instanceof Flatten
        ? Optional.of(at.inputs().get(0).shape())
        : Optional.empty();
  }

  /** The graph with the weights of a file; {@code source} names the file in messages. */
  static Graph put(Graph graph, String source, Map<String, StoredTensor> file, WeightMap map) {
    List<String> problems = new ArrayList<>();
    Set<String> unused = new LinkedHashSet<>(file.keySet());
    GraphCopy copy = new GraphCopy(graph);
    int index = 0;
    for (Map.Entry<Value, WeightMap.Target> entry : targets(graph).entrySet()) {
      WeightMap.Target target = entry.getValue();
      WeightMap.Source from = map.source(target, index++);
      Optional<String> name = from.names().stream().filter(file::containsKey).findFirst();
      if (name.isEmpty()) {
        if (!map.mayLack(target)) {
          problems.add(
              "missing: "
                  + from.names().get(0)
                  + " "
                  + from.shape()
                  + forName(target, from.names().get(0)));
        }
        continue;
      }
      unused.remove(name.get());
      StoredTensor data = Objects.requireNonNull(file.get(name.get()));
      if (!data.shape().equals(from.shape())) {
        problems.add(
            "shape: "
                + name.get()
                + " is "
                + data.shape()
                + ", but "
                + from.shape()
                + " is needed"
                + forName(target, name.get()));
        continue;
      }
      Role role = constant(graph, entry.getKey()).role();
      copy.constant(entry.getKey(), constant(role, target.shape(), data, from));
    }
    unused.stream()
        .filter(n -> !map.ignores(n))
        .forEach(n -> problems.add("unused: " + n + " " + shape(file, n)));
    if (!problems.isEmpty()) {
      throw new StriateException(
          "the weights of "
              + source
              + " do not fit model "
              + graph.name()
              + " ("
              + problems.size()
              + " differences; another WeightMap, or a lenient one, may help):\n  "
              + String.join("\n  ", problems));
    }
    graph.inputs().forEach(copy::value);
    return copy.finish();
  }

  private static Constant constant(
      Role role, Shape shape, StoredTensor data, WeightMap.Source from) {
    Function<Arena, Tensor> read =
        arena -> dense(from.toModel().apply(dense(data.read(arena), arena)), arena);
    return data.inMemory()
        ? Constant.deferred(role, shape, () -> read.apply(Arena.ofAuto()))
        : Constant.stored(role, shape, read, from.isSame() ? data.fingerprint() : Optional.empty());
  }

  /** The tensor as f32 in row-major order: itself if it is, else in {@code arena}. */
  static Tensor dense(Tensor tensor, Arena arena) {
    boolean is =
        tensor.desc().dtype() == DType.F32
            && tensor.desc().layout().offset() == 0
            && tensor.desc().layout().isRowMajor(tensor.shape());
    return is ? tensor : Conversions.toF32(tensor, arena);
  }

  private static Shape shape(Map<String, StoredTensor> file, String name) {
    return Objects.requireNonNull(file.get(name)).shape();
  }

  private static String forName(WeightMap.Target target, String name) {
    return name.equals(target.name()) ? "" : " for " + target.name();
  }
}
