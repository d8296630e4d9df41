package io.striate.onnx;

import com.google.protobuf.ByteString;
import io.striate.onnx.proto.AttributeProto;
import io.striate.onnx.proto.AttributeProto.AttributeType;
import io.striate.onnx.proto.GraphProto;
import io.striate.onnx.proto.ModelProto;
import io.striate.onnx.proto.NodeProto;
import io.striate.onnx.proto.OperatorSetIdProto;
import io.striate.onnx.proto.TensorProto;
import io.striate.onnx.proto.TensorShapeProto;
import io.striate.onnx.proto.TypeProto;
import io.striate.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/** Writes small ONNX models for the tests. */
final class ModelMaker {
  private final int opset;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
  private final ModelProto.Builder model = ModelProto.newBuilder();
  private final Random random = new Random(7);

  private ModelMaker(int opset) {
    this.opset = opset;
    int ir = opset <= 22 ? (opset <= 20 ? 8 : 10) : Math.min(13, opset - 12);
    model.setIrVersion(ir).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset));
  }

  static ModelMaker opset(int opset) {
    return new ModelMaker(opset);
  }

  int opset() {
    return opset;
  }

  /** A float input; dimension -1 is the symbolic "N". */
  ModelMaker input(String name, long... dims) {
    graph.addInput(info(name, 1, dims));
    return this;
  }

  static ValueInfoProto info(String name, int type, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long d : dims) {
      TensorShapeProto.Dimension.Builder dim = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(d < 0 ? dim.setDimParam("N") : dim.setDimValue(d));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }

  ModelMaker output(String... names) {
    for (String name : names) {
      graph.addOutput(
          ValueInfoProto.newBuilder()
              .setName(name)
              .setType(
                  TypeProto.newBuilder()
                      .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1))));
    }
    return this;
  }

  /** A float initializer with random values in -1 … 1. */
  ModelMaker weights(String name, long... dims) {
    int n = 1;
    for (long d : dims) {
      n *= (int) d;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return floats(name, dims, values);
  }

  ModelMaker floats(String name, long[] dims, float... values) {
    return initializer(tensor(name, dims, values));
  }

  ModelMaker ints(String name, long... values) {
    return initializer(intTensor(name, values));
  }

  ModelMaker initializer(TensorProto t) {
    graph.addInitializer(t);
    return this;
  }

  static TensorProto tensor(String name, long[] dims, float... values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      raw.putFloat(v);
    }
    TensorProto.Builder t = TensorProto.newBuilder().setName(name).setDataType(1);
    for (long d : dims) {
      t.addDims(d);
    }
    return t.setRawData(ByteString.copyFrom(raw.flip())).build();
  }

  static TensorProto intTensor(String name, long... values) {
    TensorProto.Builder t =
        TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
    for (long v : values) {
      t.addInt64Data(v);
    }
    return t.build();
  }

  static TensorProto intScalar(String name, long value) {
    return TensorProto.newBuilder().setName(name).setDataType(7).addInt64Data(value).build();
  }

  /** A node from "a,b" to "c,d"; an empty part is an absent input. */
  ModelMaker node(String op, String inputs, String outputs, AttributeProto... attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(op).setName(op + "_" + graph.getNodeCount());
    if (!inputs.isEmpty()) {
      node.addAllInput(List.of(inputs.split(",", -1)));
    }
    node.addAllOutput(List.of(outputs.split(",", -1))).addAllAttribute(List.of(attributes));
    graph.addNode(node);
    return this;
  }

  GraphProto.Builder graph() {
    return graph;
  }

  ModelProto.Builder model() {
    return model;
  }

  ModelProto proto() {
    return model.clone().setGraph(graph).build();
  }

  byte[] bytes() {
    return proto().toByteArray();
  }

  static AttributeProto attr(String name, long value) {
    return of(name, AttributeType.INT).setI(value).build();
  }

  static AttributeProto attr(String name, float value) {
    return of(name, AttributeType.FLOAT).setF(value).build();
  }

  static AttributeProto attr(String name, String value) {
    return of(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)).build();
  }

  static AttributeProto attr(String name, TensorProto value) {
    return of(name, AttributeType.TENSOR).setT(value).build();
  }

  static AttributeProto list(String name, long... values) {
    AttributeProto.Builder a = of(name, AttributeType.INTS);
    for (long v : values) {
      a.addInts(v);
    }
    return a.build();
  }

  static AttributeProto floatList(String name, float... values) {
    AttributeProto.Builder a = of(name, AttributeType.FLOATS);
    for (float v : values) {
      a.addFloats(v);
    }
    return a.build();
  }

  private static AttributeProto.Builder of(String name, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
