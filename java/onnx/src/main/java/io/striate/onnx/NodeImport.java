package io.striate.onnx;

import io.striate.StriateException;
import io.striate.graph.Constant;
import io.striate.graph.Value;
import io.striate.onnx.proto.NodeProto;
import io.striate.op.Op;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One node while it is read: its operands, attributes and results, and errors that name it. */
final class NodeImport {
  private final ImportScope scope;
  private final NodeProto proto;
  private final Attributes attributes;
  private final String name;

  private NodeImport(ImportScope scope, NodeProto proto) {
    this.scope = scope;
    this.proto = proto;
    this.attributes = new Attributes(proto.getAttributeList());
    this.name = nodeName(scope, proto);
  }

  /** Adds a node's meaning to the scope. */
  static void run(ImportScope scope, NodeProto proto) {
    String where = describe(scope, proto);
    try {
      firstOutput(proto);
      Operators.Operator operator = Operators.find(proto, scope.opset());
      NodeImport node = new NodeImport(scope, proto);
      node.checkInputCount(operator);
      if (operator.constantOp() != null && node.allConstant()) {
        node.evaluate(operator.constantOp());
      } else if (operator.graphOp() != null) {
        operator.graphOp().build(node);
      } else {
        throw new IllegalArgumentException(
            "this operator is supported only where its result is known when the model is loaded (shape arithmetic), but "
                + node.firstFlow()
                + " is computed at run time");
      }
      node.attributes.checkAllAsked();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new StriateException(where + ": " + e.getMessage(), e);
    } catch (StriateException e) {
      throw e.getMessage() != null && e.getMessage().startsWith("node ")
          ? e
          : new StriateException(where + ": " + e.getMessage(), e);
    }
  }

  private static String describe(ImportScope scope, NodeProto proto) {
    String shown =
        !proto.getName().isEmpty()
            ? proto.getName()
            : proto.getOutputCount() > 0 ? "making " + proto.getOutput(0) : "without name";
    String domain = ModelImport.isDefaultDomain(proto.getDomain()) ? "" : proto.getDomain() + ".";
    return "node \""
        + shown
        + "\" ("
        + domain
        + proto.getOpType()
        + ", opset "
        + scope.opset()
        + ")";
  }

  private static String firstOutput(NodeProto proto) {
    for (String output : proto.getOutputList()) {
      if (!output.isEmpty()) {
        return output;
      }
    }
    throw new IllegalArgumentException("it has no outputs");
  }

  /** The file's name, or if it is empty or taken, the first output's. */
  private static String nodeName(ImportScope scope, NodeProto proto) {
    String first = firstOutput(proto);
    String wanted = proto.getName();
    return scope
        .nodeNames()
        .unique(wanted.isEmpty() || scope.nodeNames().isUsed(wanted) ? first : wanted);
  }

  private void checkInputCount(Operators.Operator operator) {
    int count = proto.getInputCount();
    while (count > 0 && proto.getInput(count - 1).isEmpty()) {
      count--;
    }
    if (count < operator.leastInputs() || count > operator.mostInputs()) {
      throw new IllegalArgumentException(
          "it has "
              + count
              + " inputs; "
              + operator.leastInputs()
              + (operator.mostInputs() == operator.leastInputs()
                  ? " are"
                  : operator.mostInputs() == Integer.MAX_VALUE
                      ? " or more are"
                      : " to " + operator.mostInputs() + " are")
              + " expected");
    }
    for (int i = 0; i < operator.leastInputs(); i++) {
      if (!has(i)) {
        throw new IllegalArgumentException("its input " + i + " is missing");
      }
    }
  }

  ImportScope scope() {
    return scope;
  }

  int opset() {
    return scope.opset();
  }

  Attributes attributes() {
    return attributes;
  }

  String opType() {
    return proto.getOpType();
  }

  int inputCount() {
    return proto.getInputCount();
  }

  int outputCount() {
    return proto.getOutputCount();
  }

  /** Whether optional input {@code i} is there. */
  boolean has(int i) {
    return i < proto.getInputCount() && !proto.getInput(i).isEmpty();
  }

  private String user(int i) {
    return "its input " + i;
  }

  private ImportScope.Entry entry(int i) {
    return scope.entry(proto.getInput(i), user(i));
  }

  boolean isConstant(int i) {
    return entry(i) instanceof ImportScope.Const;
  }

  /** Input {@code i} as a value of the graph. */
  Value flow(int i) {
    return scope.flow(proto.getInput(i), user(i));
  }

  /** All inputs as values of the graph. */
  List<Value> flows() {
    List<Value> list = new ArrayList<>();
    for (int i = 0; i < inputCount(); i++) {
      if (!has(i)) {
        throw new IllegalArgumentException("its input " + i + " is missing");
      }
      list.add(flow(i));
    }
    return list;
  }

  /**
   * Input {@code i}, which must be known when the model is loaded; one tensor per probe, or one for
   * all.
   */
  List<HostTensor> probes(int i, String role) {
    if (entry(i) instanceof ImportScope.Const c) {
      return c.probes();
    }
    throw new IllegalArgumentException(
        "its input "
            + i
            + " ("
            + role
            + ", value \""
            + proto.getInput(i)
            + "\") is computed at run time; it must be known when the model is loaded");
  }

  /**
   * Input {@code i}, which must be known when the model is loaded and must not depend on the batch.
   */
  HostTensor constant(int i, String role) {
    List<HostTensor> probes = probes(i, role);
    if (probes.size() > 1) {
      throw new IllegalArgumentException(
          "its input "
              + i
              + " ("
              + role
              + ", value \""
              + proto.getInput(i)
              + "\") depends on the batch: fix the batch with OnnxOptions.withInputShape or --input-shape");
    }
    return probes.getFirst();
  }

  /** Integer elements of constant input {@code i}, or null if that input is absent. */
  @Nullable List<Long> integers(int i, String role) {
    return has(i) ? boxed(constant(i, role).ints()) : null;
  }

  static List<Long> boxed(long[] values) {
    List<Long> list = new ArrayList<>();
    for (long value : values) {
      list.add(value);
    }
    return list;
  }

  /** A list of axes as ints, still possibly negative. */
  static List<Integer> axes(List<Long> values) {
    List<Integer> axes = new ArrayList<>();
    for (long value : values) {
      axes.add(int32(value));
    }
    return axes;
  }

  static int int32(long value) {
    if (value != (int) value) {
      throw new IllegalArgumentException(value + " is beyond 32 bits");
    }
    return (int) value;
  }

  /** The shape of a value at probe {@code p}. */
  Shape shapeAt(Value v, int p) {
    return scope.shapeAt(v, p);
  }

  /** Adds an auxiliary node; its names are made from this node's and the suffix. */
  Value part(String suffix, Op op, Value... operands) {
    String partName = scope.nodeNames().unique(name + "/" + suffix);
    return scope
        .add(partName, op, List.of(operands), List.of(scope.names().invent(name + "/" + suffix)))
        .getFirst();
  }

  /** Adds an auxiliary constant that belongs to the operator. */
  Value partConstant(String suffix, HostTensor data) {
    return partConstant(suffix, data, Constant.Role.FIXED);
  }

  /** As above, for data that training would learn. */
  Value partParameter(String suffix, HostTensor data) {
    return partConstant(suffix, data, Constant.Role.PARAMETER);
  }

  private Value partConstant(String suffix, HostTensor data, Constant.Role role) {
    scope.spend(data.count());
    return scope.addConstant(scope.names().invent(name + "/" + suffix), data, role);
  }

  /** Adds the node that makes this node's outputs. */
  void result(Op op, Value... operands) {
    result(op, List.of(operands));
  }

  /** Adds the node that makes this node's outputs. */
  void result(Op op, List<Value> operands) {
    int made = op.infer(Value.shapes(operands)).size();
    if (made < proto.getOutputCount() && made > 1) {
      throw new IllegalArgumentException(
          "it has " + proto.getOutputCount() + " outputs, but makes " + made);
    }
    List<String> resultNames = new ArrayList<>();
    for (int i = 0; i < made; i++) {
      Optional<String> given = outputName(i);
      resultNames.add(
          given.isPresent()
              ? scope.names().unique(given.get())
              : scope.names().invent(name + "/output"));
    }
    List<Value> results = scope.add(name, op, operands, resultNames);
    for (int i = 0; i < proto.getOutputCount(); i++) {
      Optional<String> output = outputName(i);
      if (output.isEmpty()) {
        continue;
      }
      if (i < made) {
        scope.define(output.get(), new ImportScope.Flow(results.get(i)));
      } else {
        scope.defineMissing(
            output.get(),
            "it is output " + i + " of " + describe(scope, proto) + ", which is not supported");
      }
    }
  }

  private Optional<String> outputName(int i) {
    return i < proto.getOutputCount() && !proto.getOutput(i).isEmpty()
        ? Optional.of(proto.getOutput(i))
        : Optional.empty();
  }

  /** Defines output {@code i} as known when the model is loaded. */
  void define(int i, List<HostTensor> probes) {
    HostTensor first = probes.getFirst();
    boolean equal = probes.stream().allMatch(first::sameAs);
    List<HostTensor> kept = equal ? List.of(first) : probes;
    outputName(i).ifPresent(o -> scope.define(o, new ImportScope.Const(kept)));
  }

  /** Defines output {@code i} as something that cannot be used. */
  void defineMissing(int i, String reason) {
    outputName(i).ifPresent(o -> scope.defineMissing(o, reason));
  }

  private boolean allConstant() {
    return firstFlowIndex() < 0;
  }

  private String firstFlow() {
    return "input " + firstFlowIndex() + " (\"" + proto.getInput(firstFlowIndex()) + "\")";
  }

  private int firstFlowIndex() {
    for (int i = 0; i < inputCount(); i++) {
      if (has(i) && !isConstant(i)) {
        return i;
      }
    }
    return -1;
  }

  private void evaluate(Operators.ConstantOp op) {
    int probes = 1;
    for (int i = 0; i < inputCount(); i++) {
      if (has(i)) {
        probes = Math.max(probes, probes(i, "operand").size());
      }
    }
    List<List<HostTensor>> results = new ArrayList<>();
    for (int p = 0; p < probes; p++) {
      List<Optional<HostTensor>> operands = new ArrayList<>();
      for (int i = 0; i < inputCount(); i++) {
        int probe = p;
        operands.add(
            has(i)
                ? Optional.of(probes(i, "operand")).map(l -> l.get(l.size() == 1 ? 0 : probe))
                : Optional.empty());
      }
      results.add(op.evaluate(new ConstantOperands(this, Collections.unmodifiableList(operands))));
    }
    int made = results.getFirst().size();
    for (int i = 0; i < proto.getOutputCount(); i++) {
      if (i < made) {
        int result = i;
        define(i, results.stream().map(r -> r.get(result)).toList());
      } else {
        defineMissing(
            i, "it is output " + i + " of " + describe(scope, proto) + ", which is not supported");
      }
    }
  }
}
