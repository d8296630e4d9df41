package io.striate.exec;

import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.ConvPool;
import io.striate.op.ConvTranspose;
import io.striate.op.Gemm;
import io.striate.op.KernelOp;
import io.striate.op.Pad;
import io.striate.op.Reduce;
import io.striate.op.Softmax;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;

/** Steps that compute every image of a batch by itself, as steps on some of the images. */
final class ImageSteps {
  private ImageSteps() {}

  /**
   * Whether image i of the result depends on image i of the operands and on constants alone, and
   * all operands lie image by image in memory.
   */
  static boolean isSeparable(Step step, long batch) {
    Placement output = step.output();
    if (!isByImage(output, batch)
        || !keepsImagesApart(step.op(), step.inputs().get(0).desc().shape())) {
      return false;
    }
    for (int i = 0; i < step.inputs().size(); i++) {
      Placement p = step.inputs().get(i);
      boolean sameRank = p.desc().shape().rank() == output.desc().shape().rank();
      boolean serves; // every round
      if (isConstant(p)) {
        serves = isWeights(step, i) || !sameRank || p.desc().shape().dim(0) == 1;
      } else {
        boolean alignsImages = sameRank || (i == 0 && !(step.op() instanceof Binary));
        serves = !isWeights(step, i) && alignsImages && isByImage(p, batch);
      }
      if (!serves) {
        return false;
      }
    }
    return true;
  }

  /** A separable step on the first {@code images} images. */
  static Step onImages(Step step, long images) {
    return new Step(
        step.name(),
        step.op(),
        step.inputs().stream().map(p -> isConstant(p) ? p : onImages(p, images)).toList(),
        onImages(step.output(), images));
  }

  private static Placement onImages(Placement p, long images) {
    TensorDesc d = p.desc();
    return new Placement(
        p.buffer(), new TensorDesc(d.dtype(), d.shape().withDim(0, images), d.layout()));
  }

  private static boolean isConstant(Placement p) {
    return p.buffer().kind == Buffer.Kind.CONSTANT;
  }

  /** Whether an operand is weights, whose dimensions are none of the images'. */
  private static boolean isWeights(Step step, int operand) {
    return operand == 1
        && switch (step.op()) {
          case Conv op -> true;
          case ConvTranspose op -> true;
          case ConvPool op -> true;
          case Gemm op -> step.output().desc().shape().rank() == 2;
          default -> false;
        };
  }

  /** Whether the op's outermost axis is that of the images, and it mixes nothing along it. */
  private static boolean keepsImagesApart(KernelOp op, Shape x) {
    return switch (op) {
      case Gemm g -> !g.transA();
      case Softmax s -> x.axis(s.axis()) != 0;
      case Reduce r -> (r.mask(x) & 1) == 0;
      case Pad p -> p.begin().get(0) == 0;
      default -> true;
    };
  }

  /** Whether a tensor's outermost dimension divides its whole buffer into the images. */
  private static boolean isByImage(Placement p, long batch) {
    Shape shape = p.desc().shape();
    if (shape.rank() == 0 || shape.dim(0) != batch) {
      return false;
    }
    Layout layout = p.desc().layout();
    long stride = layout.stride(0);
    return stride * batch * p.desc().dtype().bytes() == p.buffer().bytes
        && layout.end(shape.withDim(0, 1)) <= stride;
  }
}
