package io.striate.op.scalar;

import io.striate.op.AutoPad;
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
import io.striate.op.Operand;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Provider;
import io.striate.op.Reduce;
import io.striate.op.Resize;
import io.striate.op.Softmax;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import java.util.Optional;

/**
 * Every op as plain loops: the oracle that the other providers are compared with, and the last
 * resort that does everything.
 *
 * <p>Tensors are f32 of any layout. Sums are kept in float64 and rounded once; made for {@link
 * DType#F32}, convolutions and matrix products sum in float32 with fused multiply-add, window
 * element by window element and within it by channel.
 */
public final class ScalarProvider implements Provider {
  private final Dot dot;

  /** Sums in float64. */
  public ScalarProvider() {
    this(DType.F64);
  }

  /** Sums of products in the given type, F64 or F32. */
  public ScalarProvider(DType accumulator) {
    this.dot =
        switch (accumulator) {
          case F64 -> Dot.F64;
          case F32 -> Dot.F32;
          default ->
              throw new IllegalArgumentException(
                  "scalar cannot sum in " + accumulator + "; use F64 (the default) or F32");
        };
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  @Override
  public String describe() {
    return "plain Java loops, products summed in " + dot.id();
  }

  @Override
  public Offer offer(KernelRequest request) {
    Optional<String> reason = refusal(request);
    if (reason.isPresent()) {
      return new Offer.Refused(reason.get());
    }
    String id = id(request.op());
    if (request.kernelId().isPresent() && !request.kernelId().get().equals(id)) {
      return new Offer.Refused(
          "scalar has no kernel " + request.kernelId().get() + " for this; it has " + id);
    }
    return Offer.of(id, () -> create(request, id));
  }

  private ScalarKernel create(KernelRequest request, String id) {
    Sources sources = new Sources(request);
    return new ScalarKernel(request, id, plan(request, sources), sources);
  }

  private Loops.Plan plan(KernelRequest request, Sources sources) {
    Shape x = request.input(0).shape();
    return switch (request.op()) {
      case Conv conv -> ConvLoops.plan(conv, sources, dot);
      case ConvTranspose conv -> ConvTransposeLoops.plan(conv, sources, dot);
      case Gemm gemm -> GemmLoops.plan(gemm, sources, dot);
      case Pool pool -> PoolLoops.plan(pool, sources);
      case BatchNorm norm -> BatchNormLoops.plan(norm, sources);
      case Lrn lrn -> LrnLoops.plan(lrn, sources);
      case Unary unary -> ElementLoops.plan(unary, sources);
      case PRelu prelu -> ElementLoops.plan(prelu, sources);
      case Softmax softmax -> SoftmaxLoops.plan(softmax, sources);
      case Binary binary -> ElementLoops.plan(binary, sources);
      case Reduce reduce -> ReduceLoops.plan(reduce, reduce.mask(x), sources);
      case Pad pad -> PadLoops.plan(pad, sources);
      case Resize resize -> ResizeLoops.plan(resize, resize.scalesFor(x), sources);
      case Copy _ -> CopyLoops.plan(sources);
      case ConvPool op -> throw new IllegalStateException(op + " was refused");
    };
  }

  private String id(KernelOp op) {
    String name =
        switch (op) {
          case Conv _ -> "conv";
          case ConvTranspose _ -> "conv_transpose";
          case Gemm _ -> "gemm";
          case Pool _ -> "pool";
          case BatchNorm _ -> "batch_norm";
          case Lrn _ -> "lrn";
          case Unary _ -> "unary";
          case PRelu _ -> "prelu";
          case Softmax _ -> "softmax";
          case Binary _ -> "binary";
          case Reduce _ -> "reduce";
          case Pad _ -> "pad";
          case Resize _ -> "resize";
          case Copy _ -> "copy";
          case ConvPool _ -> "conv_pool";
        };
    boolean sums = op instanceof Conv || op instanceof ConvTranspose || op instanceof Gemm;
    return name + "/loops/f32/strided/scalar/" + (sums ? dot.id() : "f64");
  }

  private static Optional<String> refusal(KernelRequest request) {
    for (int i = 0; i < request.inputs().size(); i++) {
      Operand operand = request.inputs().get(i);
      if (operand.desc().dtype() != DType.F32) {
        return Optional.of(
            "scalar computes f32 tensors, but operand " + i + " is " + operand.desc().dtype());
      }
      if (operand.constant().isPresent()
          && operand.desc().shape().elements() > Integer.MAX_VALUE / Dot.LANES) {
        return Optional.of(
            "scalar packs constants into Java arrays, and operand "
                + i
                + " of shape "
                + operand.desc().shape()
                + " is too large for one");
      }
    }
    if (request.output().dtype() != DType.F32) {
      return Optional.of(
          "scalar computes f32 tensors, but the destination is " + request.output().dtype());
    }
    return switch (request.op()) {
      case Conv conv -> unresolved(conv.window());
      case ConvTranspose conv -> unresolved(conv.window());
      case Pool pool -> unresolved(pool.window());
      case ConvPool _ -> Optional.of("scalar convolves and pools in two steps");
      default -> Optional.empty();
    };
  }

  private static Optional<String> unresolved(Window window) {
    return window.autoPad() == AutoPad.EXPLICIT
        ? Optional.empty()
        : Optional.of(
            "padding is "
                + window.autoPad()
                + "; resolve it to explicit amounts first (Window.resolve)");
  }
}
