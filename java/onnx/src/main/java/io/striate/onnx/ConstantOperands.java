package io.striate.onnx;

import java.util.List;
import java.util.Optional;

/**
 * What an operator of the constant evaluator works on: a node and its operands at one batch size.
 */
final class ConstantOperands {
  private final NodeImport node;
  private final List<Optional<HostTensor>> operands;

  ConstantOperands(NodeImport node, List<Optional<HostTensor>> operands) {
    this.node = node;
    this.operands = operands;
  }

  NodeImport node() {
    return node;
  }

  Attributes attributes() {
    return node.attributes();
  }

  int opset() {
    return node.opset();
  }

  int count() {
    return operands.size();
  }

  boolean has(int i) {
    return i < operands.size() && operands.get(i).isPresent();
  }

  HostTensor get(int i) {
    if (!has(i)) {
      throw new IllegalArgumentException("its input " + i + " is missing");
    }
    return operands.get(i).orElseThrow();
  }

  /** Accounts for a result before it is made. */
  void spend(long[] dims) {
    node.scope().spend(HostTensor.elements(dims));
  }

  /** An axis as an index, negative counting from the end. */
  static int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank " + rank);
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }
}
