package io.striate.onnx;

import io.striate.StriateException;
import io.striate.graph.Value;
import io.striate.nn.Model;
import io.striate.onnx.proto.GraphProto;
import io.striate.onnx.proto.ModelProto;
import io.striate.onnx.proto.NodeProto;
import io.striate.onnx.proto.OperatorSetIdProto;
import io.striate.onnx.proto.StringStringEntryProto;
import io.striate.onnx.proto.TensorProto;
import io.striate.onnx.proto.TensorShapeProto;
import io.striate.onnx.proto.TypeProto;
import io.striate.onnx.proto.ValueInfoProto;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns one {@code ModelProto} into a {@link Model}: header, inputs, initializers, nodes, outputs.
 */
final class ModelImport {
  private final ModelProto model;
  private final GraphProto proto;
  private final OnnxOptions options;
  private final TensorDecoder decoder;

  ModelImport(ModelProto model, OnnxOptions options, TensorDecoder decoder) {
    this.model = model;
    this.proto = model.getGraph();
    this.options = options;
    this.decoder = decoder;
  }

  Model run() {
    int opset = checkHeader();
    Map<String, TensorProto> initializers = initializers();
    Map<String, Shape> inputs = inputs(initializers.keySet());
    boolean dynamic = false;
    for (Shape shape : inputs.values()) {
      dynamic |= shape.isDynamic();
    }
    if (dynamic) {
      for (Map.Entry<String, Shape> input : inputs.entrySet()) {
        checkBatch(input.getKey(), input.getValue());
      }
    }
    ImportScope scope = new ImportScope(graphName(), opset, dynamic, decoder);
    reserveNames(scope);
    for (ValueInfoProto info : proto.getInputList()) {
      Shape shape = inputs.get(info.getName());
      if (shape != null) {
        scope.defineInput(info.getName(), shape);
      } else if (!initializers.containsKey(info.getName())) {
        int type = info.getType().getTensorType().getElemType();
        scope.defineMissing(
            info.getName(),
            "it is a model input of type "
                + ElementType.name(type)
                + "; only float inputs are supported");
      }
    }
    for (Map.Entry<String, TensorProto> tensor : initializers.entrySet()) {
      scope.defineInitializer(tensor.getKey(), tensor.getValue());
    }
    markStatistics(scope);
    for (NodeProto node : proto.getNodeList()) {
      NodeImport.run(scope, node);
    }
    defineOutputs(scope);
    return new Model(scope.build(), metadata());
  }

  /** Running means and variances are no parameters. */
  private void markStatistics(ImportScope scope) {
    for (NodeProto node : proto.getNodeList()) {
      if (node.getOpType().equals("BatchNormalization") && node.getInputCount() >= 5) {
        scope.markState(node.getInput(3));
        scope.markState(node.getInput(4));
      }
    }
  }

  private String graphName() {
    return proto.getName().isEmpty() ? "onnx" : proto.getName();
  }

  private int checkHeader() {
    long ir = model.getIrVersion();
    if (!model.hasIrVersion() || !model.hasGraph()) {
      throw new StriateException(
          "it has no "
              + (model.hasGraph() ? "ir_version" : "graph")
              + ": not an ONNX model, or damaged");
    }
    if (ir < OnnxModel.MIN_IR_VERSION || ir > OnnxModel.MAX_IR_VERSION) {
      throw new StriateException(
          "ONNX format (IR) version "
              + ir
              + " is not supported; versions "
              + OnnxModel.MIN_IR_VERSION
              + " to "
              + OnnxModel.MAX_IR_VERSION
              + " are");
    }
    int opset = -1;
    for (OperatorSetIdProto id : model.getOpsetImportList()) {
      if (!isDefaultDomain(id.getDomain())) {
        continue;
      }
      if (opset >= 0) {
        throw new StriateException("it imports the default operator set twice");
      }
      if (id.getVersion() < OnnxModel.MIN_OPSET || id.getVersion() > OnnxModel.MAX_OPSET) {
        throw new StriateException(
            "opset "
                + id.getVersion()
                + " is not supported; opsets "
                + OnnxModel.MIN_OPSET
                + " to "
                + OnnxModel.MAX_OPSET
                + " are: export the model again with one of these");
      }
      opset = (int) id.getVersion();
    }
    if (opset < 0) {
      throw new StriateException("it imports no version of the default operator set (ai.onnx)");
    }
    if (proto.getSparseInitializerCount() > 0) {
      throw new StriateException(
          "initializer \""
              + proto.getSparseInitializer(0).getValues().getName()
              + "\" is sparse, which is not supported: store it dense");
    }
    if (proto.getQuantizationAnnotationCount() > 0) {
      throw new StriateException(
          "tensor \""
              + proto.getQuantizationAnnotation(0).getTensorName()
              + "\" is quantised, which is not supported: export the model in float32");
    }
    return opset;
  }

  static boolean isDefaultDomain(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  private Map<String, TensorProto> initializers() {
    Map<String, TensorProto> map = new LinkedHashMap<>();
    for (TensorProto t : proto.getInitializerList()) {
      if (t.getName().isEmpty() || map.put(t.getName(), t) != null) {
        throw new StriateException(
            t.getName().isEmpty()
                ? "an initializer has no name"
                : "there are two initializers with the name \"" + t.getName() + "\"");
      }
    }
    return map;
  }

  /** Shapes of the float inputs; others are left out and reported if somebody uses them. */
  private Map<String, Shape> inputs(Set<String> constants) {
    Map<String, Shape> map = new LinkedHashMap<>();
    List<ValueInfoProto> floats = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (ValueInfoProto info : proto.getInputList()) {
      String name = info.getName();
      if (name.isEmpty() || !seen.add(name)) {
        throw new StriateException(
            name.isEmpty() ? "an input has no name" : "there are two inputs \"" + name + "\"");
      }
      if (constants.contains(name)) {
        continue;
      }
      if (info.getType().getTensorType().getElemType() == ElementType.FLOAT) {
        floats.add(info);
      }
    }
    for (String name : options.inputShapes().keySet()) {
      List<String> known = floats.stream().map(ValueInfoProto::getName).toList();
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "a shape is given for input \"" + name + "\", but the model's inputs are " + known);
      }
    }
    for (ValueInfoProto info : floats) {
      map.put(info.getName(), inputShape(info));
    }
    return map;
  }

  private Shape inputShape(ValueInfoProto info) {
    String name = info.getName();
    Shape given = options.inputShapes().get(name);
    TypeProto.Tensor type = info.getType().getTensorType();
    if (!type.hasShape()) {
      if (given == null) {
        throw new StriateException("input \"" + name + "\" has no shape" + remedy(name));
      }
      return given;
    }
    int rank = type.getShape().getDimCount();
    if (given != null) {
      checkGiven(name, given, type.getShape());
      return given;
    }
    if (rank > Shape.MAX_RANK) {
      throw new StriateException(
          "input \""
              + name
              + "\" has rank "
              + rank
              + "; at most "
              + Shape.MAX_RANK
              + " is supported");
    }
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      TensorShapeProto.Dimension dim = type.getShape().getDim(i);
      if (dim.hasDimValue()) {
        if (dim.getDimValue() < 1) {
          throw new StriateException(
              "dimension "
                  + i
                  + " of input \""
                  + name
                  + "\" is "
                  + dim.getDimValue()
                  + remedy(name));
        }
        dims[i] = dim.getDimValue();
      } else if (i == 0) {
        dims[i] = Shape.DYNAMIC;
      } else if (rank == 4 && i >= 2 && !options.imageSize().isEmpty()) {
        dims[i] = options.imageSize().get(i - 2);
      } else {
        throw new StriateException(
            "dimension "
                + i
                + " of input \""
                + name
                + "\" is symbolic ("
                + (dim.getDimParam().isEmpty() ? "unnamed" : "\"" + dim.getDimParam() + "\"")
                + "); only the first one, the batch, may be"
                + remedy(name));
      }
    }
    try {
      return Shape.of(dims);
    } catch (IllegalArgumentException e) {
      throw new StriateException("input \"" + name + "\": " + e.getMessage(), e);
    }
  }

  private static void checkGiven(String name, Shape given, TensorShapeProto declared) {
    boolean fits = given.rank() == declared.getDimCount();
    for (int i = 0; fits && i < given.rank(); i++) {
      TensorShapeProto.Dimension dim = declared.getDim(i);
      // The batch may be changed freely; withBatch does the same later.
      fits =
          i == 0
              || !dim.hasDimValue()
              || dim.getDimValue() < 1
              || dim.getDimValue() == given.dim(i);
    }
    if (!fits) {
      StringBuilder dims = new StringBuilder();
      for (TensorShapeProto.Dimension d : declared.getDimList()) {
        dims.append(dims.isEmpty() ? "" : "x")
            .append(d.hasDimValue() ? d.getDimValue() : d.getDimParam());
      }
      throw new IllegalArgumentException(
          "the given shape "
              + given
              + " of input \""
              + name
              + "\" contradicts the model's "
              + dims);
    }
  }

  private static String remedy(String input) {
    return ": fix it with OnnxOptions.withInputShape(\""
        + input
        + "\", …) or withImageSize, or --input-shape";
  }

  private static void checkBatch(String name, Shape shape) {
    if (!shape.isDynamic()) {
      throw new StriateException(
          "input \""
              + name
              + "\" has the fixed shape "
              + shape
              + ", but the batch of another input is dynamic, and all inputs share one batch"
              + remedy(name));
    }
  }

  /** So that invented names never meet the file's own. */
  private void reserveNames(ImportScope scope) {
    for (ValueInfoProto input : proto.getInputList()) {
      scope.names().reserve(input.getName());
    }
    for (TensorProto tensor : proto.getInitializerList()) {
      scope.names().reserve(tensor.getName());
    }
    for (NodeProto node : proto.getNodeList()) {
      for (String output : node.getOutputList()) {
        scope.names().reserve(output);
      }
    }
  }

  private void defineOutputs(ImportScope scope) {
    if (proto.getOutputCount() == 0) {
      throw new StriateException("it has no outputs");
    }
    Set<String> seen = new HashSet<>();
    for (ValueInfoProto info : proto.getOutputList()) {
      if (!seen.add(info.getName())) {
        throw new StriateException("there are two outputs \"" + info.getName() + "\"");
      }
      Value value = scope.flow(info.getName(), "output \"" + info.getName() + "\" of the model");
      scope.output(value);
    }
  }

  private Map<String, String> metadata() {
    Map<String, String> map = new LinkedHashMap<>();
    for (StringStringEntryProto e : model.getMetadataPropsList()) {
      if (map.put(e.getKey(), e.getValue()) != null) {
        throw new StriateException("metadata key \"" + e.getKey() + "\" occurs twice");
      }
    }
    return map;
  }
}
