package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.ConvPool;
import io.striate.op.ConvTranspose;
import io.striate.op.Copy;
import io.striate.op.Gemm;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Lrn;
import io.striate.op.Offer;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Resize;
import io.striate.op.Softmax;
import io.striate.op.Unary;
import java.util.List;

/** The kernels of the ops around convolution and matrix product. */
final class OpKernels {
  private OpKernels() {}

  /** The kernel for a request, or why there is none. */
  static Offer offer(KernelRequest request, KernelOp op, Width width) {
    for (int i = 0; i < request.inputs().size(); i++) {
      for (long size : request.input(i).shape().dims()) {
        if (size > 1 << 28) {
          return new Offer.Refused("operand " + i + " has a dimension of " + size + ", above 2^28");
        }
      }
    }
    for (long size : request.output().shape().dims()) {
      if (size > 1 << 28) {
        return new Offer.Refused("the destination has a dimension of " + size + ", above 2^28");
      }
    }
    if (op instanceof Reduce reduce) {
      String refusal = ReduceKernel.refusal(request, reduce);
      if (!refusal.isEmpty()) {
        return new Offer.Refused(refusal);
      }
    }
    String id =
        op.type()
            + "/"
            + algorithm(op)
            + "/f32/strided/vector"
            + width.bits()
            + "/"
            + width.lanes();
    return switch (op) {
      case Unary unary ->
          Offer.of(
              id,
              () ->
                  new ElementwiseKernel(
                      id, request, width, LineFunction.IDENTITY, unary.activation()));
      case Binary binary ->
          Offer.of(
              id,
              () ->
                  new ElementwiseKernel(id, request, width, function(binary), binary.activation()));
      case PRelu prelu ->
          Offer.of(
              id,
              () -> new ElementwiseKernel(id, request, width, LineFunction.PRELU, Activation.NONE));
      case BatchNorm norm -> Offer.of(id, () -> new BatchNormKernel(id, request, width, norm));
      case Pool pool -> Offer.of(id, () -> new PoolKernel(id, request, width, pool));
      case Lrn lrn -> Offer.of(id, () -> new LrnKernel(id, request, width, lrn));
      case Softmax softmax -> Offer.of(id, () -> new SoftmaxKernel(id, request, width, softmax));
      case Reduce reduce -> Offer.of(id, () -> new ReduceKernel(id, request, width, reduce));
      case Pad pad -> Offer.of(id, () -> GatherKernel.pad(id, request, width, pad));
      case Resize resize ->
          Offer.of(
              id,
              () ->
                  resize.mode() == Resize.Mode.NEAREST
                      ? GatherKernel.nearest(id, request, width, resize)
                      : new ResizeKernel(id, request, width, resize));
      case Copy copy -> copy(request, id, width);
      case Conv conv -> new Offer.Refused(conv.type() + " is a matrix product");
      case ConvPool pool -> new Offer.Refused("vector convolves and pools in two steps");
      case ConvTranspose conv -> new Offer.Refused(conv.type() + " is a matrix product");
      case Gemm gemm -> new Offer.Refused(gemm.type() + " is a matrix product");
    };
  }

  /** By blocks in registers where it is a transposition. */
  private static Offer copy(KernelRequest request, String id, Width width) {
    Offer.Candidate runs = new Offer.Candidate(id, () -> new CopyKernel(id, request, width));
    String name =
        "copy/transpose/f32/strided/vector%d/%dx%d"
            .formatted(width.bits(), width.lanes(), width.lanes());
    if (!TransposeKernel.canDo(request, width)) {
      String needs =
          "needs %d elements along the fastest dimensions of x and dst, two different ones"
              .formatted(width.lanes());
      return new Offer.Accepted(List.of(runs), List.of(name + ": " + needs));
    }
    Offer.Candidate transpose =
        new Offer.Candidate(name, () -> new TransposeKernel(name, request, width));
    return new Offer.Accepted(
        List.of(transpose, runs), List.of(id + ": copies element by element"));
  }

  private static String algorithm(KernelOp op) {
    return switch (op) {
      case Pool pool -> "window";
      case Lrn lrn -> "window";
      case Softmax softmax -> "rows";
      case Reduce reduce -> "fold";
      case Pad pad -> "gather";
      case Resize resize -> resize.mode() == Resize.Mode.NEAREST ? "gather" : "lerp";
      case Copy copy -> "runs";
      default -> "map";
    };
  }

  private static LineFunction function(Binary op) {
    return switch (op.kind()) {
      case ADD -> LineFunction.ADD;
      case SUB -> LineFunction.SUB;
      case MUL -> op.hasAddend() ? LineFunction.MUL_ADD : LineFunction.MUL;
      case DIV -> LineFunction.DIV;
    };
  }
}
