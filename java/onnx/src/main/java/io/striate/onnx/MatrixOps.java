package io.striate.onnx;

import io.striate.graph.Value;
import io.striate.op.Binary;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Identity;
import io.striate.op.Reduce;
import io.striate.op.Squeeze;
import io.striate.op.Unsqueeze;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matrix products, element-wise arithmetic and reductions. */
final class MatrixOps {
  private MatrixOps() {}

  /**
   * alpha·A'·B' + beta·C: alpha goes into a constant B, beta into a constant C, a row C becomes the
   * bias.
   */
  static void gemm(NodeImport node) {
    Attributes a = node.attributes();
    float alpha = a.real("alpha", 1);
    float beta = a.real("beta", 1);
    boolean transA = a.flag("transA", false);
    boolean transB = a.flag("transB", false);
    if (node.opset() < 11 && !node.has(2)) {
      throw new IllegalArgumentException("input 2 (C) is optional only from opset 11");
    }
    Value left = node.flow(0);
    boolean foldAlpha = alpha != 1 && node.isConstant(1);
    Value right = foldAlpha ? scaled(node, 1, alpha, "b") : node.flow(1);
    if (left.shape().rank() != 2 || right.shape().rank() != 2) {
      throw new IllegalArgumentException(
          "operands " + left.shape() + " and " + right.shape() + " must be matrices");
    }
    boolean hasC = node.has(2) && beta != 0;
    boolean alphaLater = alpha != 1 && !foldAlpha;
    Shape product =
        new Gemm(transA, transB, Epilogue.NONE)
            .infer(List.of(left.shape(), right.shape()))
            .getFirst();
    if (hasC && !alphaLater) {
      @Nullable Value bias = bias(node, beta, product.dim(1));
      if (bias != null) {
        node.result(new Gemm(transA, transB, Epilogue.BIAS), left, right, bias);
        return;
      }
    }
    Gemm plain = new Gemm(transA, transB, Epilogue.NONE);
    if (!hasC && !alphaLater) {
      node.result(plain, left, right);
      return;
    }
    Value sum = node.part("product", plain, left, right);
    if (alphaLater) {
      Value factor = node.partConstant("alpha", scalar(alpha));
      if (!hasC) {
        node.result(Binary.of(Binary.Kind.MUL), sum, factor);
        return;
      }
      sum = node.part("scaled", Binary.of(Binary.Kind.MUL), sum, factor);
    }
    Value c = node.isConstant(2) ? scaled(node, 2, beta, "c") : node.flow(2);
    if (!Shape.broadcast(product, c.shape()).equals(product)) {
      throw new IllegalArgumentException(
          "C " + c.shape() + " does not broadcast to the product " + product);
    }
    if (beta != 1 && !node.isConstant(2)) {
      c =
          node.part(
              "beta_c", Binary.of(Binary.Kind.MUL), c, node.partConstant("beta", scalar(beta)));
    }
    node.result(Binary.of(Binary.Kind.ADD), sum, c);
  }

  /** C as a bias of {@code columns} elements, if it is a constant row or number; null otherwise. */
  private static @Nullable Value bias(NodeImport node, float beta, long columns) {
    if (!node.isConstant(2)) {
      Value c = node.flow(2);
      return beta == 1 && c.shape().equals(Shape.of(columns)) ? c : null;
    }
    HostTensor c = node.constant(2, "C");
    boolean row =
        c.rank() <= 2
            && (c.rank() < 2 || c.dim(0) == 1)
            && (c.count() == columns || c.count() == 1);
    if (!row || (c.rank() > 0 && c.dim(c.rank() - 1) != c.count())) {
      return null;
    }
    if (beta == 1 && c.rank() == 1 && c.count() == columns) {
      return node.flow(2);
    }
    int n = NodeImport.int32(columns);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = beta * c.floats()[c.count() == 1 ? 0 : i];
    }
    return node.partParameter(
        "bias", HostTensor.ofFloats(ElementType.FLOAT, new long[] {n}, values));
  }

  private static Value scaled(NodeImport node, int input, float factor, String role) {
    HostTensor t = node.constant(input, role);
    if (factor == 1) {
      return node.flow(input);
    }
    node.scope().spend(t.count());
    float[] values = t.floats().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return node.partParameter(
        "scaled_" + role, HostTensor.ofFloats(ElementType.FLOAT, t.dims(), values));
  }

  private static HostTensor scalar(float value) {
    return HostTensor.ofFloats(ElementType.FLOAT, new long[0], value);
  }

  /** NumPy's matmul: a vector becomes a matrix of one row (or column), and loses it again. */
  static void matMul(NodeImport node) {
    Value a = node.flow(0);
    Value b = node.flow(1);
    boolean row = a.shape().rank() == 1;
    boolean column = b.shape().rank() == 1;
    Gemm gemm = new Gemm(false, false, Epilogue.NONE);
    if (!row && !column) {
      node.result(gemm, a, b);
      return;
    }
    Value left = row ? node.part("row", new Unsqueeze(List.of(0)), a) : a;
    Value right = column ? node.part("column", new Unsqueeze(List.of(1)), b) : b;
    Value product = node.part("product", gemm, left, right);
    List<Integer> gone = new ArrayList<>();
    if (row) {
      gone.add(-2);
    }
    if (column) {
      gone.add(-1);
    }
    node.result(new Squeeze(gone), product);
  }

  static void binary(NodeImport node, Binary.Kind kind) {
    node.result(Binary.of(kind), node.flow(0), node.flow(1));
  }

  /** The sum, or mean, of any number of values, added from left to right. */
  static void sum(NodeImport node, boolean mean) {
    List<Value> operands = node.flows();
    Value sum = operands.getFirst();
    int count = operands.size();
    if (node.opset() < 8) {
      for (Value v : operands) {
        if (!v.shape().equals(sum.shape())) {
          throw new IllegalArgumentException(
              "operands "
                  + sum.shape()
                  + " and "
                  + v.shape()
                  + " differ; broadcasting exists from opset 8");
        }
      }
    }
    if (count == 1) {
      node.result(new Identity(), sum);
      return;
    }
    Binary add = Binary.of(Binary.Kind.ADD);
    for (int i = 1; i < count - 1; i++) {
      sum = node.part("sum", add, sum, operands.get(i));
    }
    if (!mean) {
      node.result(add, sum, operands.getLast());
      return;
    }
    sum = node.part("sum", add, sum, operands.getLast());
    node.result(Binary.of(Binary.Kind.DIV), sum, node.partConstant("count", scalar(count)));
  }

  static void reduce(NodeImport node, Reduce.Kind kind) {
    Attributes a = node.attributes();
    int inputSince = kind == Reduce.Kind.SUM ? 13 : 18;
    @Nullable List<Long> axes;
    boolean noop = false;
    if (node.opset() < inputSince) {
      axes = a.integers("axes");
      if (node.has(1)) {
        throw new IllegalArgumentException("axes are an input only from opset " + inputSince);
      }
    } else {
      axes = node.integers(1, "axes");
      noop = a.flag("noop_with_empty_axes", false);
    }
    boolean keep = a.flag("keepdims", true);
    boolean all = axes == null || axes.isEmpty();
    if (all && noop) {
      node.result(new Identity(), node.flow(0));
    } else {
      node.result(
          new Reduce(kind, axes == null ? List.of() : NodeImport.axes(axes), keep), node.flow(0));
    }
  }
}
