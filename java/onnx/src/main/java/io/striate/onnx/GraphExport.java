package io.striate.onnx;

import com.google.protobuf.ByteString;
import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.onnx.proto.AttributeProto;
import io.striate.onnx.proto.AttributeProto.AttributeType;
import io.striate.onnx.proto.GraphProto;
import io.striate.onnx.proto.NodeProto;
import io.striate.onnx.proto.TensorProto;
import io.striate.onnx.proto.TensorShapeProto;
import io.striate.onnx.proto.TypeProto;
import io.striate.onnx.proto.ValueInfoProto;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;

/** Builds a {@code GraphProto}: interface, constants, and the means to add nodes. */
final class GraphExport {
  /** Room for everything but the weights in a file of at most 2^31 - 1 bytes. */
  private static final long MAX_WEIGHTS = Integer.MAX_VALUE - (64L << 20);

  private final Graph graph;
  private final int opset;
  private final GraphProto.Builder proto = GraphProto.newBuilder();
  private final ImportScope.Names valueNames = new ImportScope.Names();
  private final ImportScope.Names nodeNames = new ImportScope.Names();

  GraphExport(Graph graph, int opset) {
    this.graph = graph;
    this.opset = opset;
  }

  int opset() {
    return opset;
  }

  boolean isDynamicBatch() {
    return graph.isDynamicBatch();
  }

  GraphProto run() {
    proto.setName(graph.name());
    graph.inputs().forEach(v -> valueNames.unique(v.name()));
    graph.constants().keySet().forEach(v -> valueNames.unique(v.name()));
    for (Node node : graph.nodes()) {
      nodeNames.unique(node.name());
      node.outputs().forEach(v -> valueNames.unique(v.name()));
    }
    Graph other = graph.isDynamicBatch() ? graph.withBatch(2) : graph;
    for (int i = 0; i < graph.inputs().size(); i++) {
      proto.addInput(info(graph.inputs().get(i), other.inputs().get(i)));
    }
    for (int i = 0; i < graph.outputs().size(); i++) {
      proto.addOutput(info(graph.outputs().get(i), other.outputs().get(i)));
    }
    long bytes = 0;
    for (var constant : graph.constants().entrySet()) {
      Tensor data = constant.getValue().data();
      if (data.desc().dtype() != DType.F32) {
        throw new IllegalArgumentException(
            "constant "
                + constant.getKey()
                + " is "
                + data.desc().dtype()
                + "; only F32 can be written");
      }
      bytes += data.shape().elements() * Float.BYTES;
      if (bytes > MAX_WEIGHTS) {
        throw new StriateException(
            "graph "
                + graph.name()
                + " has more than 2 GiB of weights, which no ONNX file can hold");
      }
      proto.addInitializer(OnnxTensors.encode(constant.getKey().name(), data));
    }
    for (Node node : graph.nodes()) {
      try {
        ExportOps.write(this, node);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("node " + node.name() + ": " + e.getMessage(), e);
      }
    }
    return proto.build();
  }

  private static ValueInfoProto info(Value value, Value atOtherBatch) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    Shape here = value.shape();
    Shape there = atOtherBatch.shape();
    for (int i = 0; i < here.rank(); i++) {
      TensorShapeProto.Dimension.Builder dim = TensorShapeProto.Dimension.newBuilder();
      boolean batch = i == 0 && here.dim(0) == 1 && there.dim(0) == 2;
      if (here.dim(i) == there.dim(i)) {
        dim.setDimValue(here.dim(i));
      } else if (batch) {
        dim.setDimParam("N");
      }
      shape.addDim(dim);
    }
    return ValueInfoProto.newBuilder()
        .setName(value.name())
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(shape)))
        .build();
  }

  /** A value name that nothing else has. */
  String fresh(String base) {
    return valueNames.unique(base);
  }

  /** Adds a node under the first free name like {@code name}, with one result. */
  void node(
      String name, String op, List<String> inputs, String output, AttributeProto... attributes) {
    node(name, op, inputs, List.of(output), attributes);
  }

  /** Adds a node named {@code name}; auxiliary nodes pass a name made by {@link #freshNode}. */
  void node(
      String name,
      String op,
      List<String> inputs,
      List<String> outputs,
      AttributeProto... attributes) {
    proto.addNode(
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(op)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(List.of(attributes)));
  }

  /** A node name that nothing else has. */
  String freshNode(String base) {
    return nodeNames.unique(base);
  }

  /** Adds an auxiliary node of {@code owner} and returns its result's name. */
  String part(
      Node owner, String suffix, String op, List<String> inputs, AttributeProto... attributes) {
    String result = fresh(owner.outputs().get(0).name() + "/" + suffix);
    node(freshNode(owner.name() + "/" + suffix), op, inputs, result, attributes);
    return result;
  }

  /** Adds an int64 vector and returns its name. */
  String ints(Node owner, String role, List<Long> values) {
    String name = fresh(owner.name() + "/" + role);
    proto.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.size())
            .addAllInt64Data(values));
    return name;
  }

  /** Adds a float tensor and returns its name. */
  String floats(Node owner, String role, Shape shape, float... values) {
    String name = fresh(owner.name() + "/" + role);
    proto.addInitializer(OnnxTensors.encode(name, Tensor.of(shape, values)));
    return name;
  }

  /** Adds a float number and returns its name. */
  String number(Node owner, String role, float value) {
    return floats(owner, role, Shape.of(), value);
  }

  static AttributeProto attribute(String name, long value) {
    return of(name, AttributeType.INT).setI(value).build();
  }

  static AttributeProto attribute(String name, float value) {
    return of(name, AttributeType.FLOAT).setF(value).build();
  }

  static AttributeProto attribute(String name, String value) {
    return of(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)).build();
  }

  static AttributeProto attribute(String name, List<? extends Number> values) {
    AttributeProto.Builder attribute = of(name, AttributeType.INTS);
    values.forEach(v -> attribute.addInts(v.longValue()));
    return attribute.build();
  }

  private static AttributeProto.Builder of(String name, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
