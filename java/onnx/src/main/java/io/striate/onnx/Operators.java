package io.striate.onnx;

import io.striate.onnx.proto.NodeProto;
import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import java.util.List;
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

  /** Their names, in the order of {@link #operator}. */
  private static final List<String> NAMES =
      List.of(
          "Conv",
          "ConvTranspose",
          "Gemm",
          "MatMul",
          "MaxPool",
          "AveragePool",
          "LpPool",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "GlobalLpPool",
          "BatchNormalization",
          "LRN",
          "Dropout",
          "Softmax",
          "LogSoftmax",
          "Relu",
          "Sigmoid",
          "Tanh",
          "HardSwish",
          "LeakyRelu",
          "Elu",
          "Selu",
          "HardSigmoid",
          "Gelu",
          "Swish",
          "Clip",
          "PRelu",
          "Add",
          "Sub",
          "Mul",
          "Div",
          "Sum",
          "Mean",
          "ReduceSum",
          "ReduceMean",
          "ReduceMax",
          "ReduceMin",
          "ReduceProd",
          "Concat",
          "Split",
          "Slice",
          "Pad",
          "Flatten",
          "Reshape",
          "Transpose",
          "Squeeze",
          "Unsqueeze",
          "Identity",
          "Cast",
          "CastLike",
          "Shape",
          "Size",
          "Constant",
          "ConstantOfShape",
          "Expand",
          "Gather",
          "Range",
          "Mod",
          "Min",
          "Max",
          "Pow",
          "Neg",
          "Abs",
          "Floor",
          "Ceil",
          "Round",
          "Sqrt",
          "Equal",
          "Greater",
          "GreaterOrEqual",
          "Less",
          "LessOrEqual",
          "And",
          "Or",
          "Not",
          "Where",
          "Upsample",
          "Resize");

  private Operators() {}

  /** The operator of a name; only what a model uses is linked, which a table of all is not. */
  private static @Nullable Operator operator(String name) {
    return switch (name) {
      case "Conv" -> graph(1, 2, 3, ConvOps::conv);
      case "ConvTranspose" -> graph(1, 2, 3, ConvOps::convTranspose);
      case "Gemm" -> graph(7, 2, 3, MatrixOps::gemm);
      case "MatMul" -> graph(1, 2, 2, MatrixOps::matMul);
      case "MaxPool" -> graph(1, 1, 1, PoolOps::maxPool);
      case "AveragePool" -> graph(1, 1, 1, PoolOps::averagePool);
      case "LpPool" -> graph(2, 1, 1, PoolOps::lpPool);
      case "GlobalAveragePool" ->
          graph(1, 1, 1, n -> PoolOps.global(n, Pool.Kind.AVERAGE_EXCLUDE_PAD));
      case "GlobalMaxPool" -> graph(1, 1, 1, n -> PoolOps.global(n, Pool.Kind.MAX));
      case "GlobalLpPool" -> graph(2, 1, 1, n -> PoolOps.global(n, Pool.Kind.LP));
      case "BatchNormalization" -> graph(7, 5, 5, NormOps::batchNorm);
      case "LRN" -> graph(1, 1, 1, NormOps::lrn);
      case "Dropout" -> graph(7, 1, 3, NormOps::dropout);
      case "Softmax" -> graph(1, 1, 1, n -> NormOps.softmax(n, false));
      case "LogSoftmax" -> graph(1, 1, 1, n -> NormOps.softmax(n, true));
      case "Relu" -> graph(6, 1, 1, n -> ActivationOps.simple(n, Activation.RELU));
      case "Sigmoid" -> graph(6, 1, 1, n -> ActivationOps.simple(n, Activation.SIGMOID));
      case "Tanh" -> graph(6, 1, 1, n -> ActivationOps.simple(n, Activation.TANH));
      case "HardSwish" -> graph(14, 1, 1, n -> ActivationOps.simple(n, Activation.HARD_SWISH));
      case "LeakyRelu" -> graph(6, 1, 1, ActivationOps::leakyRelu);
      case "Elu" -> graph(6, 1, 1, ActivationOps::elu);
      case "Selu" -> graph(6, 1, 1, ActivationOps::selu);
      case "HardSigmoid" -> graph(6, 1, 1, ActivationOps::hardSigmoid);
      case "Gelu" -> graph(20, 1, 1, ActivationOps::gelu);
      case "Swish" -> graph(24, 1, 1, ActivationOps::swish);
      case "Clip" -> graph(6, 1, 3, ActivationOps::clip);
      case "PRelu" -> graph(7, 2, 2, ActivationOps::prelu);
      case "Add" ->
          both(7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.ADD), ConstantArithmetic::add);
      case "Sub" ->
          both(7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.SUB), ConstantArithmetic::sub);
      case "Mul" ->
          both(7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.MUL), ConstantArithmetic::mul);
      case "Div" ->
          both(7, 2, 2, n -> MatrixOps.binary(n, Binary.Kind.DIV), ConstantArithmetic::div);
      case "Sum" -> graph(6, 1, MANY, n -> MatrixOps.sum(n, false));
      case "Mean" -> graph(6, 1, MANY, n -> MatrixOps.sum(n, true));
      case "ReduceSum" ->
          both(1, 1, 2, n -> MatrixOps.reduce(n, Reduce.Kind.SUM), ConstantReductions::reduceSum);
      case "ReduceMean" ->
          both(1, 1, 2, n -> MatrixOps.reduce(n, Reduce.Kind.MEAN), ConstantReductions::reduceMean);
      case "ReduceMax" ->
          both(1, 1, 2, n -> MatrixOps.reduce(n, Reduce.Kind.MAX), ConstantReductions::reduceMax);
      case "ReduceMin" -> constant(1, 1, 2, ConstantReductions::reduceMin);
      case "ReduceProd" -> constant(1, 1, 2, ConstantReductions::reduceProd);
      case "Concat" -> both(4, 1, MANY, ShapeOps::concat, ConstantShapes::concat);
      case "Split" -> both(2, 1, 2, ShapeOps::split, ConstantShapes::split);
      case "Slice" -> both(1, 1, 5, ShapeOps::slice, ConstantShapes::slice);
      case "Pad" -> graph(2, 1, 4, ShapeOps::pad);
      case "Flatten" -> both(1, 1, 1, ShapeOps::flatten, ConstantShapes::flatten);
      case "Reshape" -> both(5, 2, 2, ShapeOps::reshape, ConstantShapes::reshape);
      case "Transpose" -> both(1, 1, 1, ShapeOps::transpose, ConstantShapes::transpose);
      case "Squeeze" -> both(1, 1, 2, ShapeOps::squeeze, ConstantShapes::squeeze);
      case "Unsqueeze" -> both(1, 1, 2, ShapeOps::unsqueeze, ConstantShapes::unsqueeze);
      case "Identity" -> both(1, 1, 1, ShapeOps::identity, o -> List.of(o.get(0)));
      case "Cast" -> both(6, 1, 1, ShapeOps::cast, ConstantArithmetic::cast);
      case "CastLike" -> both(15, 2, 2, ShapeOps::castLike, ConstantArithmetic::castLike);
      case "Shape" -> both(1, 1, 1, ShapeOps::shape, ConstantShapes::shape);
      case "Size" -> both(1, 1, 1, ShapeOps::size, ConstantShapes::size);
      case "Constant" -> constant(1, 0, 0, ConstantShapes::constant);
      case "ConstantOfShape" -> constant(9, 1, 1, ConstantShapes::constantOfShape);
      case "Expand" -> constant(8, 2, 2, ConstantShapes::expand);
      case "Gather" -> constant(1, 2, 2, ConstantShapes::gather);
      case "Range" -> constant(11, 3, 3, ConstantShapes::range);
      case "Mod" -> constant(10, 2, 2, ConstantArithmetic::mod);
      case "Min" -> constant(8, 1, MANY, ConstantArithmetic::min);
      case "Max" -> constant(8, 1, MANY, ConstantArithmetic::max);
      case "Pow" -> constant(7, 2, 2, ConstantArithmetic::pow);
      case "Neg" -> constant(6, 1, 1, ConstantArithmetic::neg);
      case "Abs" -> constant(6, 1, 1, ConstantArithmetic::abs);
      case "Floor" -> constant(6, 1, 1, ConstantArithmetic::floor);
      case "Ceil" -> constant(6, 1, 1, ConstantArithmetic::ceil);
      case "Round" -> constant(11, 1, 1, ConstantArithmetic::round);
      case "Sqrt" -> constant(6, 1, 1, ConstantArithmetic::sqrt);
      case "Equal" -> constant(7, 2, 2, ConstantArithmetic::equal);
      case "Greater" -> constant(7, 2, 2, ConstantArithmetic::greater);
      case "GreaterOrEqual" -> constant(12, 2, 2, ConstantArithmetic::greaterOrEqual);
      case "Less" -> constant(7, 2, 2, ConstantArithmetic::less);
      case "LessOrEqual" -> constant(12, 2, 2, ConstantArithmetic::lessOrEqual);
      case "And" -> constant(7, 2, 2, ConstantArithmetic::and);
      case "Or" -> constant(7, 2, 2, ConstantArithmetic::or);
      case "Not" -> constant(1, 1, 1, ConstantArithmetic::not);
      case "Where" -> constant(9, 3, 3, ConstantArithmetic::where);
      case "Upsample" -> new Operator(7, 9, 1, 2, ResizeOps::upsample, null);
      case "Resize" -> graph(10, 1, 4, ResizeOps::resize);
      default -> null;
    };
  }

  private static Operator graph(int since, int least, int most, GraphOp graphOp) {
    return new Operator(since, NEWEST, least, most, graphOp, null);
  }

  private static Operator constant(int since, int least, int most, ConstantOp constantOp) {
    return new Operator(since, NEWEST, least, most, null, constantOp);
  }

  private static Operator both(
      int since, int least, int most, GraphOp graphOp, ConstantOp constantOp) {
    return new Operator(since, NEWEST, least, most, graphOp, constantOp);
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
    Operator operator = operator(node.getOpType());
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
    return new java.util.TreeSet<>(NAMES);
  }
}
