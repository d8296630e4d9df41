package io.striate.op.vector;

import io.striate.base.Memory;
import io.striate.op.AutoPad;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Pool;
import io.striate.op.Provider;
import io.striate.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Kernels in pure Java over the Vector API, for f32 tensors of any strides. Needs the module
 * jdk.incubator.vector and no native access.
 *
 * <p>A model that is compiled waits until the JIT has compiled its kernels, so that the first run
 * does not take seconds. In a JVM where the JIT cannot do that (it is off, or the machine is
 * overloaded) a process gives up after 45 seconds in all; the system property {@code
 * striate.vector.patience} gives another number, 0 for a process that prefers a slow first run.
 */
public final class VectorProvider implements Provider {
  private static final String WINOGRAD = "conv2d/winograd: ";

  /** 0: the width that the JVM prefers. */
  private final int bits;

  /** The provider at the vector width that the JVM prefers, at most 512 bits. */
  public VectorProvider() {
    bits = 0;
  }

  /**
   * The provider at a fixed vector width.
   *
   * @param bits 128, 256 or 512
   */
  public VectorProvider(int bits) {
    if (bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("vector width is " + bits + " bits; use 128, 256 or 512");
    }
    this.bits = bits;
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public Optional<String> unavailable() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return Optional.of(
          "the Vector API is not in this JVM: start java with --add-modules jdk.incubator.vector");
    }
    int preferred = Width.preferredBits();
    if (preferred < Math.max(bits, 128)) {
      return Optional.of(
          "vectors of "
              + Math.max(bits, 128)
              + " bits are asked for, but this JVM uses "
              + preferred);
    }
    if (!FusedMultiplyAdd.isInstruction()) {
      return Optional.of(
          "this JVM has no fused multiply-add instruction, so every one would go through BigDecimal:"
              + " the CPU lacks it, or -XX:-UseFMA or -XX:UseAVX=0 turned it off");
    }
    if (WarmUp.secondsOfPatience().isEmpty()) {
      return Optional.of(
          "the system property "
              + WarmUp.PATIENCE
              + " is '"
              + System.getProperty(WarmUp.PATIENCE)
              + "'; give whole seconds, 0 for no waiting, or leave it out");
    }
    return Optional.empty();
  }

  @Override
  public String describe() {
    return unavailable()
        .orElseGet(
            () ->
                "Vector API, %d bits, Java %s, %s"
                    .formatted(
                        width().bits(),
                        Runtime.version(),
                        Memory.whole().isPresent()
                            ? "matrix kernels check bounds once per run"
                            : "all bounds checked at every access, as native access is not allowed"
                                + " (--enable-native-access=io.striate.bindings)"));
  }

  private Width width() {
    return bits == 0 ? Width.preferred() : Width.of(bits);
  }

  @Override
  public Offer offer(KernelRequest request) {
    Optional<String> reason = unavailable();
    if (reason.isPresent()) {
      return new Offer.Refused(reason.get());
    }
    for (Operand operand : request.inputs()) {
      if (operand.desc().dtype() != DType.F32) {
        return new Offer.Refused("vector kernels compute in f32, not " + operand.desc().dtype());
      }
    }
    if (request.output().dtype() != DType.F32) {
      return new Offer.Refused("vector kernels compute in f32, not " + request.output().dtype());
    }
    AutoPad padding = padding(request.op());
    if (padding != AutoPad.EXPLICIT) {
      return new Offer.Refused(
          "padding is " + padding + "; resolve it to explicit amounts first (Window.resolve)");
    }
    return chosen(request, accept(request, request.op()));
  }

  private static AutoPad padding(KernelOp op) {
    return switch (op) {
      case Conv conv -> conv.window().autoPad();
      case ConvTranspose conv -> conv.window().autoPad();
      case Pool pool -> pool.window().autoPad();
      default -> AutoPad.EXPLICIT;
    };
  }

  private Offer accept(KernelRequest request, KernelOp op) {
    return switch (op) {
      case Conv conv -> convolution(request, conv);
      case ConvTranspose conv ->
          only(gemm(request, conv.epilogue(), () -> GemmShapes.convTranspose(request, conv)));
      case Gemm gemm ->
          only(gemm(request, gemm.epilogue(), () -> List.of(GemmShapes.gemm(request, gemm))));
      default -> OpKernels.offer(request, op, width());
    };
  }

  /** Winograd's algorithm, or pixels as lanes, and the direct one by their estimated time. */
  private Offer convolution(KernelRequest request, Conv conv) {
    Width width = width();
    GemmShape shape = GemmShapes.conv(request, conv);
    Offer.Candidate direct = gemm(request, conv.epilogue(), () -> List.of(shape));
    int bias = GemmShapes.bias(conv.epilogue());
    if (shape.depthwise()) {
      return rows(request, conv, shape, 1, direct);
    }
    int group = Math.toIntExact(request.input(1).shape().dim(1));
    boolean isSquare = request.input(0).shape().dim(1) == request.output().shape().dim(1);
    if (conv.groups() > 1 && isSquare && Shuffles.hasGroups(group, width.lanes())) {
      return rows(request, conv, GemmShapes.groups(request, conv), group, direct);
    }
    if (PixelLanesPlan.canDo(request, shape, width, bias)) {
      Offer.Candidate lanes = pixelLanes(request, shape, bias);
      boolean faster = PixelLanesPlan.isWorthwhile(shape, width);
      List<Offer.Candidate> both = faster ? List.of(lanes, direct) : List.of(direct, lanes);
      String second = both.getLast().id() + ": is estimated to take longer";
      return new Offer.Accepted(both, List.of(second, WINOGRAD + "there are few output channels"));
    }
    String needs =
        "conv2d/pixel-lanes: needs at most %d output channels, constant weights, few terms, no residual"
            .formatted(width.lanes() / 2);
    Optional<String> refused = WinogradChoice.refuses(request, shape, width);
    if (refused.isPresent()) {
      return new Offer.Accepted(List.of(direct), List.of(WINOGRAD + refused.get(), needs));
    }
    List<WinogradChoice.Estimate> order = WinogradChoice.order(shape, width);
    List<Offer.Candidate> candidates = new ArrayList<>();
    List<String> passedOver = new ArrayList<>();
    for (WinogradChoice.Estimate e : order) {
      candidates.add(
          e.form().map(f -> winograd(request, conv.epilogue(), shape, f)).orElse(direct));
      if (candidates.size() > 1) {
        passedOver.add(
            "%s: is estimated to take %.2f times as long"
                .formatted(candidates.getLast().id(), e.cycles() / order.getFirst().cycles()));
      }
    }
    passedOver.add(needs);
    return new Offer.Accepted(candidates, passedOver);
  }

  /** By rows where it can, else or if asked for by id as any convolution. */
  private Offer rows(
      KernelRequest request, Conv conv, GemmShape shape, int group, Offer.Candidate general) {
    Width width = width();
    int bias = GemmShapes.bias(conv.epilogue());
    int residual = GemmShapes.residual(conv.epilogue());
    String id =
        "%s/%s-rows/f32/nhwc/vector%d/%dx%d"
            .formatted(
                request.op().type(),
                group == 1 ? "depthwise" : "group",
                width.bits(),
                StripKernels.mostPixels(shape.width().taps(), group),
                width.lanes());
    Optional<String> refused = GroupRowsPlan.refuses(request, shape, width, group, bias);
    if (refused.isPresent()) {
      return new Offer.Accepted(List.of(general), List.of(id + ": " + refused.get()));
    }
    Offer.Candidate rows =
        new Offer.Candidate(
            id, () -> new GroupRowsKernel(id, request, shape, width, group, bias, residual));
    return new Offer.Accepted(
        List.of(rows, general),
        List.of(general.id() + ": copies the source first, or leaves lanes idle"));
  }

  private Offer.Candidate pixelLanes(KernelRequest request, GemmShape shape, int bias) {
    Width width = width();
    String id = id(request, "pixel-lanes", width);
    return new Offer.Candidate(
        id,
        () ->
            new PixelLanesKernel(
                id, request, new PixelLanesPlan(shape, width, request.threads()), bias));
  }

  private Offer.Candidate winograd(
      KernelRequest request, Epilogue epilogue, GemmShape shape, WinogradForm form) {
    Width width = width();
    String id = id(request, "winograd" + form.label(), width);
    return new Offer.Candidate(
        id,
        () ->
            new WinogradKernel(
                id,
                request,
                new WinogradPlan(shape, width, form, request.threads()),
                GemmShapes.bias(epilogue),
                GemmShapes.residual(epilogue)));
  }

  private static String id(KernelRequest request, String algorithm, Width width) {
    int vectors = width.maxVectors();
    return request.op().type()
        + "/"
        + algorithm
        + "/f32/nhwc/vector"
        + width.bits()
        + "/"
        + width.maxRows(vectors)
        + "x"
        + vectors * width.lanes();
  }

  private Offer.Candidate gemm(
      KernelRequest request, Epilogue epilogue, Supplier<List<GemmShape>> parts) {
    Width width = width();
    boolean depthwise = request.op() instanceof Conv conv && GemmShapes.isDepthwise(request, conv);
    String id = id(request, depthwise ? "depthwise" : "igemm", width);
    return new Offer.Candidate(
        id,
        () ->
            new GemmKernel(
                id,
                request,
                parts.get(),
                width,
                GemmShapes.bias(epilogue),
                GemmShapes.residual(epilogue)));
  }

  private static Offer only(Offer.Candidate candidate) {
    return new Offer.Accepted(List.of(candidate));
  }

  /** Keeps what the request's kernel id allows. */
  private static Offer chosen(KernelRequest request, Offer offer) {
    if (request.kernelId().isEmpty() || !(offer instanceof Offer.Accepted accepted)) {
      return offer;
    }
    String id = request.kernelId().get();
    List<Offer.Candidate> left =
        accepted.candidates().stream().filter(c -> c.id().equals(id)).toList();
    if (left.isEmpty()) {
      return new Offer.Refused(
          "no vector kernel is called "
              + id
              + "; for this request there are "
              + accepted.candidates().stream().map(Offer.Candidate::id).toList());
    }
    return new Offer.Accepted(left, accepted.passedOver());
  }
}
