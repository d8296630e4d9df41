package io.striate.onnx;

import io.striate.onnx.proto.NodeProto;
import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The table of all operators that can be read. */
final class Operators {
  private static final int NEWEST = OnnxModel.MAX_OPSET;
  private static final int MANY = Integer.MAX_VALUE;

  /** Adds a node's meaning to the graph. */
  @FunctionalInterface
  interface GraphOp {
    void build(NodeImport node);
  }

  /** Computes results from constant operands. */
  @FunctionalInterface
  interface ConstantOp {
    List<HostTensor> evaluate(ConstantOperands operands);
  }

  /**
   * One operator.
   *
   * @param since the first opset that has it
   * @param until the last opset that has it
   * @param graphOp how it becomes part of the graph; null if it is shape arithmetic only
   * @param constantOp how it is computed where all operands are constants; null if it never is
   */
  record Operator(
      int since,
      int until,
      int leastInputs,
      int mostInputs,
      @Nullable GraphOp graphOp,
      @Nullable ConstantOp constantOp) {}

  private static final Map<String, Operator> TABLE = new HashMap<>();

  private Operators() {}

  static {
    graph("Conv", 1, 2, 3, ConvOps::conv);
    graph("ConvTranspose", 1, 2, 3, ConvOps::convTranspose);
    graph("Gemm", 7, 2, 3, MatrixOps::gemm);
    graph("MatMul", 1, 2, 2, MatrixOps::matMul);

    graph("MaxPool", 1, 1, 1, PoolOps::maxPool);
    graph("AveragePool", 1, 1, 1, PoolOps::averagePool);
    graph("LpPool", 2, 1, 1, PoolOps::lpPool);
    graph("GlobalAveragePool", 1, 1, 1, n -> PoolOps.global(n, Pool.Kind.AVERAGE_EXCLUDE_PAD));
    graph("GlobalMaxPool", 1, 1, 1, n -> PoolOps.global(n, Pool.Kind.MAX));
    graph("GlobalLpPool", 2, 1, 1, n -> PoolOps.global(n, Pool.Kind.LP));

    graph("BatchNormalization", 7, 5, 5, NormOps::batchNorm);
    graph("LRN", 1, 1, 1, NormOps::lrn);
    graph("Dropout", 7, 1, 3, NormOps::dropout);
    graph("Softmax", 1, 1, 1, n -> NormOps.softmax(n, false));
    graph("LogSoftmax", 1, 1, 1, n -> NormOps.softmax(n, true));

    graph("Relu", 6, 1, 1, n -> ActivationOps.simple(n, Activation.RELU));
    graph("Sigmoid", 6, 1, 1, n -> ActivationOps.simple(n, Activation.SIGMOID));
    graph("Tanh", 6, 1, 1, n -> ActivationOps.simple(n, Activation.TANH));
    graph("HardSwish", 14, 1, 1, n -> ActivationOps.simple(n, Activation.HARD_SWISH));
    graph("LeakyRelu", 6, 1, 1, ActivationOps::leakyRelu);
    graph("Elu", 6, 1, 1, ActivationOps::elu);
    graph("Selu", 6, 1, 1, ActivationOps::selu);
    graph("HardSigmoid", 6, 1, 1, ActivationOps::hardSigmoid);
    graph("Gelu", 20, 1, 1, ActivationOps::gelu);
    graph("Swish", 24, 1, 1, ActivationOps::swish);
    graph("Clip", 6, 1, 3, ActivationOps::clip);
    graph("PRelu", 7, 2, 2, ActivationOps::prelu);

    both("Add", 7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.ADD), ConstantArithmetic::add);
    both("Sub", 7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.SUB), ConstantArithmetic::sub);
    both("Mul", 7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.MUL), ConstantArithmetic::mul);
    both("Div", 7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.DIV), ConstantArithmetic::div);
    graph("Sum", 6, 1, MANY, n -> MatrixOps.sum(n, false));
    graph("Mean", 6, 1, MANY, n -> MatrixOps.sum(n, true));
    both(
        "ReduceSum",
        1,
        1,
        2,
        n -> MatrixOps.reduce(n, Reduce.Kind.SUM),
        ConstantReductions::reduceSum);
    both(
        "ReduceMean",
        1,
        1,
        2,
        n -> MatrixOps.reduce(n, Reduce.Kind.MEAN),
        ConstantReductions::reduceMean);
    both(
        "ReduceMax",
        1,
        1,
        2,
        n -> MatrixOps.reduce(n, Reduce.Kind.MAX),
        ConstantReductions::reduceMax);
    constant("ReduceMin", 1, 1, 2, ConstantReductions::reduceMin);
    constant("ReduceProd", 1, 1, 2, ConstantReductions::reduceProd);

    both("Concat", 4, 1, MANY, ShapeOps::concat, ConstantShapes::concat);
    both("Split", 2, 1, 2, ShapeOps::split, ConstantShapes::split);
    both("Slice", 1, 1, 5, ShapeOps::slice, ConstantShapes::slice);
    graph("Pad", 2, 1, 4, ShapeOps::pad);
    both("Flatten", 1, 1, 1, ShapeOps::flatten, ConstantShapes::flatten);
    both("Reshape", 5, 2, 2, ShapeOps::reshape, ConstantShapes::reshape);
    both("Transpose", 1, 1, 1, ShapeOps::transpose, ConstantShapes::transpose);
    both("Squeeze", 1, 1, 2, ShapeOps::squeeze, ConstantShapes::squeeze);
    both("Unsqueeze", 1, 1, 2, ShapeOps::unsqueeze, ConstantShapes::unsqueeze);
    both("Identity", 1, 1, 1, ShapeOps::identity, o -> List.of(o.get(0)));
    both("Cast", 6, 1, 1, ShapeOps::cast, ConstantArithmetic::cast);
    both("CastLike", 15, 2, 2, ShapeOps::castLike, ConstantArithmetic::castLike);
    both("Shape", 1, 1, 1, ShapeOps::shape, ConstantShapes::shape);
    both("Size", 1, 1, 1, ShapeOps::size, ConstantShapes::size);
    constant("Constant", 1, 0, 0, ConstantShapes::constant);
    constant("ConstantOfShape", 9, 1, 1, ConstantShapes::constantOfShape);
    constant("Expand", 8, 2, 2, ConstantShapes::expand);
    constant("Gather", 1, 2, 2, ConstantShapes::gather);
    constant("Range", 11, 3, 3, ConstantShapes::range);

    constant("Mod", 10, 2, 2, ConstantArithmetic::mod);
    constant("Min", 8, 1, MANY, ConstantArithmetic::min);
    constant("Max", 8, 1, MANY, ConstantArithmetic::max);
    constant("Pow", 7, 2, 2, ConstantArithmetic::pow);
    constant("Neg", 6, 1, 1, ConstantArithmetic::neg);
    constant("Abs", 6, 1, 1, ConstantArithmetic::abs);
    constant("Floor", 6, 1, 1, ConstantArithmetic::floor);
    constant("Ceil", 6, 1, 1, ConstantArithmetic::ceil);
    constant("Round", 11, 1, 1, ConstantArithmetic::round);
    constant("Sqrt", 6, 1, 1, ConstantArithmetic::sqrt);
    constant("Equal", 7, 2, 2, ConstantArithmetic::equal);
    constant("Greater", 7, 2, 2, ConstantArithmetic::greater);
    constant("GreaterOrEqual", 12, 2, 2, ConstantArithmetic::greaterOrEqual);
    constant("Less", 7, 2, 2, ConstantArithmetic::less);
    constant("LessOrEqual", 12, 2, 2, ConstantArithmetic::lessOrEqual);
    constant("And", 7, 2, 2, ConstantArithmetic::and);
    constant("Or", 7, 2, 2, ConstantArithmetic::or);
    constant("Not", 1, 1, 1, ConstantArithmetic::not);
    constant("Where", 9, 3, 3, ConstantArithmetic::where);

    TABLE.put("Upsample", new Operator(7, 9, 1, 2, ResizeOps::upsample, null));
    graph("Resize", 10, 1, 4, ResizeOps::resize);
  }

  private static void graph(String name, int since, int least, int most, GraphOp graphOp) {
    TABLE.put(name, new Operator(since, NEWEST, least, most, graphOp, null));
  }

  private static void constant(String name, int since, int least, int most, ConstantOp constantOp) {
    TABLE.put(name, new Operator(since, NEWEST, least, most, null, constantOp));
  }

  private static void both(
      String name, int since, int least, int most, GraphOp graphOp, ConstantOp constantOp) {
    TABLE.put(name, new Operator(since, NEWEST, least, most, graphOp, constantOp));
  }

  /**
   * The operator of a node.
   *
   * @throws IllegalArgumentException if it is unknown or does not exist in this opset
   */
  static Operator find(NodeProto node, int opset) {
    if (!ModelImport.isDefaultDomain(node.getDomain())) {
      throw new IllegalArgumentException(
          "operators of the domain \""
              + node.getDomain()
              + "\" are not supported, only those of ai.onnx"
              + " (inline functions before, or export without custom operators)");
    }
    Operator operator = TABLE.get(node.getOpType());
    if (operator == null) {
      throw new IllegalArgumentException("the operator " + node.getOpType() + " is not supported");
    }
    if (opset < operator.since() || opset > operator.until()) {
      throw new IllegalArgumentException(
          "the operator "
              + node.getOpType()
              + " exists "
              + (opset < operator.since()
                  ? "from opset " + operator.since()
                  : "up to opset " + operator.until())
              + ", but the model imports opset "
              + opset);
    }
    return operator;
  }

  /** Names of all operators that can be read. */
  static java.util.Set<String> supported() {
    return new java.util.TreeSet<>(TABLE.keySet());
  }
}
