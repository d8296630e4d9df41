package io.striate.onnx;

import io.striate.StriateException;
import io.striate.graph.Constant.Role;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.onnx.proto.TensorProto;
import io.striate.op.Op;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known while a graph is read: the meaning of every name, and the shape of every value at
 * several batch sizes.
 *
 * <p>A dynamic batch is handled by probing. Every shape, and every result of shape arithmetic, is
 * computed concretely for the batches 1, 2 and 5; whatever differs between them depends on the
 * batch, and two equal slopes say that it does so linearly. So shape arithmetic needs no symbols,
 * and {@code Reshape(x, Concat(Shape(x)[0], -1))} is understood whatever detour an exporter takes.
 */
final class ImportScope {
  private static final long[] PROBES = {1, 2, 5};

  /** Elements that shape arithmetic may make in all; a damaged file must not fill the memory. */
  private static final long BUDGET = 1L << 26;

  /** How often every element of an initializer may be made anew, say by a transposition. */
  private static final int PASSES = 4;

  /** What a name stands for. */
  sealed interface Entry {}

  /** A value computed at run time. */
  record Flow(Value value) implements Entry {}

  /** Known at load time; one tensor per probe, or one for all. */
  record Const(List<HostTensor> probes) implements Entry {}

  /** An initializer that nobody has asked for yet. */
  record Undecoded(TensorProto proto) implements Entry {}

  /** Declared, but not to be had. */
  record Missing(String reason) implements Entry {}

  private final int opset;
  private final int probeCount;
  private final TensorDecoder decoder;
  private final Graph.Builder builder;
  private final Map<String, Entry> entries = new HashMap<>();
  private final IdentityHashMap<Value, List<Shape>> shapes = new IdentityHashMap<>();
  private final IdentityHashMap<HostTensor, Value> constants = new IdentityHashMap<>();
  private final Names names = new Names();
  private final Names nodeNames = new Names();
  private final Set<String> states = new HashSet<>();
  private final Set<Value> outputs = Collections.newSetFromMap(new IdentityHashMap<>());
  private long budget = BUDGET;

  ImportScope(String graphName, int opset, boolean dynamicBatch, TensorDecoder decoder) {
    this.opset = opset;
    this.probeCount = dynamicBatch ? PROBES.length : 1;
    this.decoder = decoder;
    this.builder = Graph.builder(graphName);
  }

  int opset() {
    return opset;
  }

  TensorDecoder decoder() {
    return decoder;
  }

  /** Number of batch sizes that are tried: 1 if the batch is fixed. */
  int probeCount() {
    return probeCount;
  }

  Names names() {
    return names;
  }

  Names nodeNames() {
    return nodeNames;
  }

  void defineInput(String name, Shape shape) {
    Value value = builder.input(name, shape);
    List<Shape> list = new ArrayList<>();
    for (int i = 0; i < probeCount; i++) {
      list.add(shape.isDynamic() ? shape.withDim(0, PROBES[i]) : shape);
    }
    shapes.put(value, list);
    define(name, new Flow(value));
  }

  void defineInitializer(String name, TensorProto proto) {
    define(name, new Undecoded(proto));
  }

  /** Says that an initializer of this name is a running statistic. */
  void markState(String name) {
    states.add(name);
  }

  void defineMissing(String name, String reason) {
    define(name, new Missing(reason));
  }

  void define(String name, Entry entry) {
    if (entries.put(name, entry) != null) {
      throw new StriateException("value \"" + name + "\" is made twice");
    }
  }

  /** What a name stands for. */
  Entry entry(String name, String user) {
    Entry entry = entries.get(name);
    return switch (entry) {
      case null ->
          throw new StriateException(
              user
                  + " needs the value \""
                  + name
                  + "\", which no input, initializer or earlier node provides");
      case Missing m ->
          throw new StriateException(user + " needs the value \"" + name + "\", but " + m.reason());
      case Undecoded u -> {
        HostTensor data =
            decoder.decode(u.proto(), TensorDecoder.describe("initializer", u.proto()));
        budget += (long) PASSES * data.count();
        Entry decoded = new Const(List.of(data));
        entries.put(name, decoded);
        yield decoded;
      }
      case Flow f -> f;
      case Const c -> c;
    };
  }

  /** The graph's value of a name; a constant becomes part of the graph. */
  Value flow(String name, String user) {
    return switch (entry(name, user)) {
      case Flow f -> f.value();
      case Const c -> {
        if (c.probes().size() > 1) {
          throw new StriateException(
              user
                  + " needs the value \""
                  + name
                  + "\", which depends on the batch; only shapes may: fix the batch with"
                  + " OnnxOptions.withInputShape or --input-shape");
        }
        yield constant(name, c.probes().getFirst(), user);
      }
      case Undecoded u -> throw new IllegalStateException("undecoded " + u.proto().getName());
      case Missing m -> throw new IllegalStateException(m.reason());
    };
  }

  private Value constant(String name, HostTensor data, String user) {
    Value known = constants.get(data);
    if (known != null) {
      return known;
    }
    try {
      String unique = names.unique(names.isReserved(name) ? name : name + "/constant");
      return addConstant(unique, data, states.contains(name) ? Role.STATE : Role.PARAMETER);
    } catch (IllegalArgumentException e) {
      throw new StriateException(user + ": value \"" + name + "\": " + e.getMessage(), e);
    }
  }

  /** Adds a constant under a name that is used nowhere else. */
  Value addConstant(String uniqueName, HostTensor data, Role role) {
    Value value = builder.constant(uniqueName, data.toConstant(role));
    shapes.put(value, Collections.nCopies(probeCount, value.shape()));
    constants.put(data, value);
    return value;
  }

  /** Adds a node to the graph and infers its shapes at every probe. */
  List<Value> add(String nodeName, Op op, List<Value> operands, List<String> resultNames) {
    List<Value> results = builder.addNamed(nodeName, op, operands, resultNames);
    List<List<Shape>> at = new ArrayList<>();
    for (int p = 0; p < probeCount; p++) {
      try {
        List<Shape> shapesOfOperands = new ArrayList<>();
        for (Value v : operands) {
          shapesOfOperands.add(shapeAt(v, p));
        }
        at.add(op.infer(shapesOfOperands));
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new IllegalArgumentException(
            "it works for batch 1, but not for batch "
                + PROBES[p]
                + ": "
                + e.getMessage()
                + " (fix the batch with OnnxOptions.withInputShape or --input-shape, or export the model again with a"
                + " batch-independent shape)",
            e);
      }
    }
    for (int r = 0; r < results.size(); r++) {
      List<Shape> list = new ArrayList<>();
      for (List<Shape> shapesOfResults : at) {
        list.add(shapesOfResults.get(r));
      }
      checkLinear(list);
      shapes.put(results.get(r), list);
    }
    return results;
  }

  private static void checkLinear(List<Shape> list) {
    Shape first = list.getFirst();
    for (Shape s : list) {
      if (s.rank() != first.rank()) {
        throw new IllegalArgumentException(
            "its result has shape " + first + " for batch 1, but " + s + " for another");
      }
    }
    if (list.size() == 1) {
      return;
    }
    for (int i = 0; i < first.rank(); i++) {
      long slope = list.get(1).dim(i) - first.dim(i);
      if (list.get(2).dim(i) - first.dim(i) != slope * (PROBES[2] - PROBES[0])) {
        throw new IllegalArgumentException(
            "dimension "
                + i
                + " of its result does not grow in proportion to the batch: "
                + list
                + " for batches 1, 2, 5");
      }
    }
  }

  /** The shape of a value at a probe. */
  Shape shapeAt(Value value, int probe) {
    return shapes(value).get(probe);
  }

  /** The shapes of a value at all probes. */
  List<Shape> shapes(Value value) {
    List<Shape> list = shapes.get(value);
    if (list == null) {
      throw new IllegalStateException("value " + value + " is unknown");
    }
    return list;
  }

  /** Accounts for a result of shape arithmetic before it is made. */
  void spend(long elements) {
    budget -= elements;
    if (budget < 0) {
      throw new IllegalArgumentException(
          "arithmetic on constants makes more than "
              + BUDGET
              + " elements and "
              + PASSES
              + " times the initializers: fold the model's constants before");
    }
  }

  void output(Value value) {
    if (!outputs.add(value)) {
      throw new StriateException("two outputs are the same value \"" + value.name() + "\"");
    }
    builder.output(value);
  }

  Graph build() {
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new StriateException("the graph: " + e.getMessage(), e);
    }
  }

  /** Hands out unique names. */
  static final class Names {
    private final Set<String> reserved = new HashSet<>();
    private final Set<String> used = new HashSet<>();
    private final Map<String, @Nullable Integer> next = new HashMap<>();

    /** Keeps a name for the one who asks for exactly it. */
    void reserve(String name) {
      reserved.add(name);
    }

    boolean isReserved(String name) {
      return reserved.contains(name);
    }

    boolean isUsed(String name) {
      return used.contains(name);
    }

    /** The name itself, or if it is taken the name with a number. */
    String unique(String name) {
      if (used.add(name)) {
        return name;
      }
      Integer last = next.get(name);
      int number = last == null ? 2 : last;
      String candidate = name + "#" + number;
      while (reserved.contains(candidate) || !used.add(candidate)) {
        number++;
        candidate = name + "#" + number;
      }
      next.put(name, number + 1);
      return candidate;
    }

    /** A name that nobody has reserved either. */
    String invent(String name) {
      return reserved.contains(name) ? unique(name + "#1") : unique(name);
    }
  }
}
