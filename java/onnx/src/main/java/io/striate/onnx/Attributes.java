package io.striate.onnx;

import io.striate.onnx.proto.AttributeProto;
import io.striate.onnx.proto.AttributeProto.AttributeType;
import io.striate.onnx.proto.TensorProto;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a node. Whatever nobody asked for is an error in the end: it would change the
 * meaning.
 */
final class Attributes {
  private final Map<String, AttributeProto> map = new LinkedHashMap<>();
  private final Set<String> asked = new HashSet<>();

  Attributes(List<AttributeProto> list) {
    for (AttributeProto a : list) {
      if (a.getName().isEmpty() || map.put(a.getName(), a) != null) {
        throw new IllegalArgumentException(
            "attribute \"" + a.getName() + "\" occurs twice or has no name");
      }
      if (!a.getRefAttrName().isEmpty()) {
        throw new IllegalArgumentException(
            "attribute \""
                + a.getName()
                + "\" refers to an attribute of a function, but the node is in no function");
      }
      if (a.hasG() || a.getGraphsCount() > 0) {
        throw new IllegalArgumentException(
            "attribute \""
                + a.getName()
                + "\" holds a sub-graph; control flow is not supported (export the model"
                + " without it, or fold it with a simplifier)");
      }
    }
  }

  private @Nullable AttributeProto find(String name, AttributeType type) {
    asked.add(name);
    AttributeProto a = map.get(name);
    if (a != null && a.getType() != type) {
      throw new IllegalArgumentException(
          "attribute \"" + name + "\" has type " + a.getType() + "; " + type + " is expected");
    }
    return a;
  }

  boolean has(String name) {
    return map.containsKey(name);
  }

  long integer(String name, long missing) {
    AttributeProto a = find(name, AttributeType.INT);
    return a == null ? missing : a.getI();
  }

  int int32(String name, int missing) {
    long value = integer(name, missing);
    if (value != (int) value) {
      throw new IllegalArgumentException(
          "attribute \"" + name + "\" is " + value + ", beyond 32 bits");
    }
    return (int) value;
  }

  boolean flag(String name, boolean missing) {
    long value = integer(name, missing ? 1 : 0);
    if (value != 0 && value != 1) {
      throw new IllegalArgumentException(
          "attribute \"" + name + "\" is " + value + "; 0 or 1 is expected");
    }
    return value == 1;
  }

  float real(String name, float missing) {
    AttributeProto a = find(name, AttributeType.FLOAT);
    return a == null ? missing : a.getF();
  }

  String text(String name, String missing) {
    AttributeProto a = find(name, AttributeType.STRING);
    return a == null ? missing : a.getS().toStringUtf8();
  }

  @Nullable List<Long> integers(String name) {
    AttributeProto a = find(name, AttributeType.INTS);
    return a == null ? null : a.getIntsList();
  }

  List<Long> requiredIntegers(String name) {
    List<Long> list = integers(name);
    if (list == null) {
      throw new IllegalArgumentException("attribute \"" + name + "\" is missing");
    }
    return list;
  }

  @Nullable List<Float> reals(String name) {
    AttributeProto a = find(name, AttributeType.FLOATS);
    return a == null ? null : a.getFloatsList();
  }

  @Nullable TensorProto tensor(String name) {
    AttributeProto a = find(name, AttributeType.TENSOR);
    return a == null ? null : a.getT();
  }

  /** Throws if there is an attribute that nobody asked for. */
  void checkAllAsked() {
    for (String name : map.keySet()) {
      if (!asked.contains(name)) {
        throw new IllegalArgumentException(
            "attribute \""
                + name
                + "\" is unknown to this operator in this opset; known are "
                + asked.stream().sorted().toList());
      }
    }
  }
}
