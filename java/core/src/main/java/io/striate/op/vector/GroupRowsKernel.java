package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.KernelRequest;
import io.striate.op.vector.StripKernels.Variant;
import java.lang.foreign.MemorySegment;

/**
 * Convolution in groups of G channels by rows, G = 1 (depthwise) or as {@link Shuffles#hasGroups},
 * one or two dimensions, channels-last: {@code dst[h][w][c] = activation(bias[c] + Σ_{kh,kw,k}
 * src[h·SH + kh·DH − PT][w·SW + kw·DW − PL][c/G·G + k]·weights[kh][kw][k][c] + residual[h][w][c])}.
 * It reads the source where it lies and leaves out what is padding.
 *
 * <p>Loop order: band of rows, strip of pixels, chunk of {@value GroupRowsPlan#CHUNK} channels,
 * then down all rows of the band by {@link StripKernels}: so of the source rows of an output row
 * only the last is not in L1 yet. A long activation waits in scratch until the band is done, and
 * takes it in one go where its rows lie side by side.
 *
 * <p>Order of a sum: bias, then kh, kw, k, in one chain. Expected on Zen 4, 512 bits, one thread:
 * 3x3 layers of MobileNet-v2 from 28x28 down 45 to 60 % of FMA peak, above that what L2 and L3
 * give: {@code striate bench zoo:mobilenet_v2 -t 1 -s vector --steps}; groups of 4 and 8 of
 * ResNeXt-50 57 to 65 %, 32 with stride 2, whose source lies in L3, where {@code igemm} with its
 * idle lanes has 7 to 19.
 */
final class GroupRowsKernel extends TileKernel {
  private static final int WEIGHTS = 1;

  private final GroupRowsPlan plan;
  private final MemorySegment weights; // [vector of channels][kernel row][k][kernel column][lanes]
  private final MemorySegment initial;
  private final int[] strips;
  private final StripKernel[] kernels; // of each strip
  private final boolean waits;
  private final LineMap activate;
  private final Activation activation;
  private final int residual;

  /**
   * @param shape of all groups together
   * @param group channels of a group
   * @param bias index of the operand, or -1
   * @param residual index of the operand, or -1
   */
  GroupRowsKernel(
      String id,
      KernelRequest request,
      GemmShape shape,
      Width width,
      int group,
      int bias,
      int residual) {
    super(id, request, width, WEIGHTS);
    this.residual = residual;
    activation = shape.activation();
    waits = !TileVariant.isShort(activation.kind());
    plan = new GroupRowsPlan(shape, width, group, request.threads(), waits);
    activate = LineMaps.of(width, LineFunction.IDENTITY, 0, activation.kind());
    weights = allocate((long) plan.vectors() * shape.terms() * group * width.bytes());
    pack(request.inputs().get(WEIGHTS).constant().orElseThrow());
    initial = allocate(ELEMENT * shape.outChannels());
    for (int c = 0; bias >= 0 && c < shape.outChannels(); c++) {
      long from = ELEMENT * (shape.biasSets()[0] + c * shape.biasStep());
      Elements.set(initial, c * ELEMENT, Elements.get(constant(bias), from));
    }
    strips = plan.strips();
    kernels = new StripKernel[strips.length];
    GemmShape.Axis w = shape.width();
    for (int s = 0; s < strips.length; s++) {
      kernels[s] =
          StripKernels.of(
              new Variant(
                  width,
                  group,
                  plan.pixels,
                  w.taps(),
                  w.stride(),
                  w.taps() == 1 ? 1 : (w.span() - 1) / (w.taps() - 1),
                  plan.lead(strips[s]),
                  plan.trail(strips[s]),
                  shape.residual().present(),
                  waits ? Activation.Kind.NONE : activation.kind()));
    }
  }

  private void pack(MemorySegment from) {
    GemmShape shape = plan.shape;
    int columns = shape.width().taps();
    long to = 0;
    for (int v = 0; v < plan.vectors(); v++) {
      int channel = Math.min(v * width.lanes(), lastLane());
      for (int row = 0; row < shape.terms(); row += columns) {
        for (int k = 0; k < plan.group; k++) {
          for (int tap = row; tap < row + columns; tap++) {
            for (int c = channel; c < channel + width.lanes(); c++, to += ELEMENT) {
              long at = ELEMENT * GroupRowsPlan.element(shape, shape.weightTaps()[tap], c, k);
              Elements.set(weights, to, Elements.get(from, at));
            }
          }
        }
      }
    }
  }

  private int lastLane() {
    return plan.shape.outChannels() - width.lanes();
  }

  @Override
  public int tiles() {
    return plan.tiles();
  }

  @Override
  public long scratchBytes() {
    return waits ? plan.band * plan.rowBytes() : 0;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    GemmShape.Strided dst = plan.shape.dst();
    for (int tile = first; tile < last; tile++) {
      int image = tile / plan.bands;
      int top = tile % plan.bands * plan.band;
      int end = Math.min(top + plan.band, plan.shape.height().outputs());
      long dstAt = ELEMENT * (dst.images()[image] + top * dst.height());
      for (int s = 0; s < strips.length; s++) {
        if (waits) {
          long pixel = ELEMENT * plan.shape.outChannels();
          strip(in, image, s, top, end, scratch, 0, pixel, plan.rowBytes());
        } else {
          strip(in, image, s, top, end, out, dstAt, ELEMENT * dst.width(), ELEMENT * dst.height());
        }
      }
      if (waits) {
        activate(end - top, out, dstAt, scratch);
      }
    }
  }

  /** A strip from row {@code top} to {@code end}, by chunks of channels. */
  private void strip(
      MemorySegment[] in,
      int image,
      int strip,
      int top,
      int end,
      MemorySegment dst,
      long dstAt,
      long dstPixel,
      long dstRow) {
    GemmShape shape = plan.shape;
    int first = strips[strip];
    GemmShape.Strided src = shape.src();
    long srcAt = ELEMENT * (src.images()[image] + plan.leftmost(first) * src.width());
    int tap =
        shape.height().taps() == 1 ? 0 : shape.height().displacements()[1] - shape.height().least();
    GemmShape.Strided other = shape.residual();
    long otherAt =
        residual < 0
            ? 0
            : ELEMENT * (other.images()[image] + top * other.height() + first * other.width());
    for (int lane = 0; lane < shape.outChannels(); lane += GroupRowsPlan.CHUNK) {
      kernels[strip].run(
          in[0],
          srcAt,
          ELEMENT * src.width(),
          ELEMENT * tap * src.height(),
          plan.srcRows,
          weights,
          plan.weightsFrom,
          plan.weightsTo,
          ELEMENT * shape.terms() * plan.group,
          initial,
          top,
          end,
          lane,
          Math.min(lane + GroupRowsPlan.CHUNK, shape.outChannels()),
          lastLane(),
          dst,
          dstAt + first * dstPixel,
          dstPixel,
          dstRow,
          residual < 0 ? dst : in[residual],
          otherAt,
          ELEMENT * other.width(),
          ELEMENT * other.height(),
          activation.alpha(),
          activation.beta());
    }
  }

  /** Some rows from scratch to the destination. */
  private void activate(int rows, MemorySegment dst, long dstAt, MemorySegment scratch) {
    GemmShape shape = plan.shape;
    int channels = shape.outChannels();
    int pixels = shape.width().outputs();
    boolean denseRow = pixels == 1 || shape.dst().width() == channels;
    boolean dense = denseRow && (rows == 1 || ELEMENT * shape.dst().height() == plan.rowBytes());
    if (dense) {
      line(scratch, 0, dst, dstAt, rows * pixels * channels);
      return;
    }
    for (int r = 0; r < rows; r++) {
      long to = dstAt + r * ELEMENT * shape.dst().height();
      for (int p = 0; p < (denseRow ? 1 : pixels); p++) {
        long from = r * plan.rowBytes() + p * ELEMENT * channels;
        long at = to + p * ELEMENT * shape.dst().width();
        line(scratch, from, dst, at, denseRow ? pixels * channels : channels);
      }
    }
  }

  private void line(MemorySegment from, long at, MemorySegment dst, long dstAt, int count) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    int last = count - width.lanes();
    activate.run(from, at, from, 0, from, 0, from, 0, dst, dstAt, last, alpha, beta);
  }
}
