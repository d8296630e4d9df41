package io.striate.onnx;

import io.striate.op.GlobalPool;
import io.striate.op.Pool;
import io.striate.op.Window;

/** The pooling operators. */
final class PoolOps {
  private PoolOps() {}

  static void maxPool(NodeImport node) {
    Attributes a = node.attributes();
    Window window = Windows.read(a, a.requiredIntegers("kernel_shape"), node.opset() >= 10);
    boolean ceil = node.opset() >= 10 && a.flag("ceil_mode", false);
    if (node.opset() >= 8) {
      // Says how the indices of the second output count, and that output is not supported.
      a.flag("storage_order", false);
    }
    node.result(Pool.max(window).withCeilMode(ceil), node.flow(0));
  }

  static void averagePool(NodeImport node) {
    Attributes a = node.attributes();
    Window window = Windows.read(a, a.requiredIntegers("kernel_shape"), node.opset() >= 19);
    boolean ceil = node.opset() >= 10 && a.flag("ceil_mode", false);
    boolean include = node.opset() >= 7 && a.flag("count_include_pad", false);
    Pool pool = include ? Pool.averageIncludePad(window) : Pool.average(window);
    node.result(pool.withCeilMode(ceil), node.flow(0));
  }

  static void lpPool(NodeImport node) {
    Attributes a = node.attributes();
    Window window = Windows.read(a, a.requiredIntegers("kernel_shape"), node.opset() >= 18);
    boolean ceil = node.opset() >= 18 && a.flag("ceil_mode", false);
    node.result(Pool.lp(window, a.int32("p", 2)).withCeilMode(ceil), node.flow(0));
  }

  static void global(NodeImport node, Pool.Kind kind) {
    float p = kind == Pool.Kind.LP ? node.attributes().int32("p", 2) : 0;
    node.result(new GlobalPool(kind, p), node.flow(0));
  }
}
