package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;

/**
 * Convolution with few output channels: the lanes of a vector are neighbouring pixels with their
 * channels, a stretch of a row of the destination, where {@link GemmKernel} would fill a vector of
 * channels to a part only.
 *
 * <p>{@code dst[h][w·C + c] = activation(bias[c] + Σ_{kh,kw,i} copy[h·SH + kh·DH][kw, i][w·C +
 * c]·weights[kh,kw,i][c])}, where copy is the source with every element repeated C times. So it is
 * a depthwise convolution of a "channel" per lane, and the depthwise {@link MicroKernels} compute
 * it: rows of the destination are their positions, weights repeat along a panel.
 *
 * <p>Loop order: band of rows, copy, panel, tile of R rows by V vectors, term. A term loads V
 * weights and R·V vectors of the copy for R·V multiply-adds; all lanes but those of the overlap at
 * the end of a row are of use. Order of a sum: bias, then kh, kw, i, in one chain, as in {@link
 * GemmKernel}. Long activations take the outputs of a band in one go where its rows lie side by
 * side.
 *
 * <p>Expected: 20 % of FMA peak on LeNet-5's c1 with tanh (1 to 6 channels, 5x5, Zen 4, 512 bits),
 * where {@link GemmKernel} has 9 to 12: {@code striate bench zoo:lenet5 -t 1 -s vector --steps}.
 */
final class PixelLanesKernel extends TileKernel {
  private static final int WEIGHTS = 1;

  private final PixelLanesPlan plan;
  private final PixelSpread spread;
  private final MemorySegment weights; // [distinct panel][term][vectors of the panel · lanes]
  private final long[] weightsAt; // of each panel
  private final MemorySegment initial; // [panel][vectors of the panel · lanes]
  private final MicroKernel[][] kernels; // by vectors and rows
  private final TileCut[][] cuts; // by vectors and rows of a band
  private final long[] dstRows;
  private final long[] waitingRows;
  private final boolean waits;
  private final LineMap activate;
  private final Activation activation;

  /**
   * @param bias index of the operand, or -1
   */
  PixelLanesKernel(String id, KernelRequest request, PixelLanesPlan plan, int bias) {
    super(id, request, plan.width, WEIGHTS);
    this.plan = plan;
    GemmShape shape = plan.shape;
    spread = PixelSpread.Emitted.of(width);
    activation = shape.activation();
    waits = !TileVariant.isShort(activation.kind());
    activate = LineMaps.of(width, LineFunction.IDENTITY, 0, activation.kind());
    dstRows = new long[plan.band];
    waitingRows = new long[plan.band];
    for (int r = 0; r < plan.band; r++) {
      dstRows[r] = r * ELEMENT * shape.dst().height();
      waitingRows[r] = r * ELEMENT * plan.lanes;
    }
    weightsAt = new long[plan.panels()];
    long bytes = 0;
    for (int p = 0; p < weightsAt.length; p++) {
      boolean own = plan.weightsOf[p] == p;
      weightsAt[p] = own ? bytes : weightsAt[plan.weightsOf[p]];
      bytes += own ? (long) plan.panelVectors(p) * shape.terms() * width.bytes() : 0;
    }
    weights = allocate(bytes);
    initial = allocate((long) plan.firstVector[plan.panels()] * width.bytes());
    kernels = new MicroKernel[width.maxVectors() + 1][width.maxRows(1) + 1];
    cuts = new TileCut[width.maxVectors() + 1][plan.band + 1];
    MemorySegment constant = request.inputs().get(WEIGHTS).constant().orElseThrow();
    int lastBand = shape.height().outputs() - (plan.bands - 1) * plan.band;
    for (int p = 0; p < plan.panels(); p++) {
      if (plan.weightsOf[p] == p) {
        pack(p, constant);
      }
      for (int c = 0; c < plan.panelVectors(p) * width.lanes(); c++) {
        int channel = (plan.firstLane(p) + c) % shape.outChannels();
        long from = ELEMENT * (shape.biasSets()[0] + channel * shape.biasStep());
        float value = bias < 0 ? 0 : Elements.get(constant(bias), from);
        Elements.set(initial, initialAt(p) + c * ELEMENT, value);
      }
      require(plan.panelVectors(p), plan.band);
      require(plan.panelVectors(p), lastBand);
    }
  }

  private void pack(int panel, MemorySegment from) {
    GemmShape shape = plan.shape;
    long to = weightsAt[panel];
    for (long tap : shape.weightTaps()) {
      for (int k = 0; k < shape.channels(); k++) {
        for (int c = 0; c < plan.panelVectors(panel) * width.lanes(); c++) {
          int channel = (plan.firstLane(panel) + c) % shape.outChannels();
          long at =
              shape.weightSets()[0]
                  + tap
                  + k * shape.weightStep()
                  + channel * shape.weightOutStep();
          Elements.set(weights, to, Elements.get(from, at * ELEMENT));
          to += ELEMENT;
        }
      }
    }
  }

  private void require(int vectors, int rows) {
    TileCut cut = TileCut.of(width, vectors, rows);
    cuts[vectors][rows] = cut;
    if (cut.hasTall()) {
      kernels[vectors][cut.tall()] = kernel(vectors, cut.tall());
    }
    if (cut.hasLow()) {
      kernels[vectors][cut.low()] = kernel(vectors, cut.low());
    }
  }

  private MicroKernel kernel(int vectors, int rows) {
    Activation.Kind kind = waits ? Activation.Kind.NONE : activation.kind();
    return MicroKernels.of(TileVariant.of(width, rows, vectors, true, true, false, kind));
  }

  private long initialAt(int panel) {
    return (long) plan.firstVector[panel] * width.bytes();
  }

  @Override
  public int tiles() {
    return plan.tiles();
  }

  @Override
  public long scratchBytes() {
    return plan.copyBytes + (waits ? ELEMENT * plan.band * plan.lanes : 0);
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    GemmShape shape = plan.shape;
    for (int tile = first; tile < last; tile++) {
      int image = tile / plan.bands;
      int top = tile % plan.bands * plan.band;
      int rows = Math.min(plan.band, shape.height().outputs() - top);
      copy(in[0], shape.src().images()[image], top, rows, scratch);
      long dstAt = ELEMENT * (shape.dst().images()[image] + top * shape.dst().height());
      for (int p = 0; p < plan.panels(); p++) {
        long lane = plan.firstLane(p) * ELEMENT;
        if (waits) {
          panel(p, rows, lane, scratch, plan.copyBytes + lane, waitingRows, scratch);
        } else {
          panel(p, rows, lane, out, dstAt + lane, dstRows, scratch);
        }
      }
      if (waits) {
        activate(rows, out, dstAt, scratch);
      }
    }
  }

  /** Copies the source of a band of rows, in order: the end of a row may spill into the next. */
  private void copy(MemorySegment src, long image, int top, int rows, MemorySegment scratch) {
    GemmShape shape = plan.shape;
    GemmShape.Axis w = shape.width();
    long pixel = shape.outChannels() * ELEMENT;
    int y = top * shape.height().stride() + shape.height().least();
    long to = 0;
    for (long r = 0; r < plan.copiedRows(rows); r++, y++) {
      if (y < 0 || y >= shape.height().size()) {
        clear(scratch, to, plan.rowBytes);
        to += plan.rowBytes;
        continue;
      }
      for (int residue : plan.residues) {
        // column i of the plane is column shift + i·stride of the source
        int shift = w.least() + residue;
        int begin = Math.clamp(Math.ceilDiv(-shift, w.stride()), 0, plan.columns);
        int end = Math.clamp(Math.ceilDiv(w.size() - shift, w.stride()), begin, plan.columns);
        long from =
            image
                + y * shape.src().height()
                + (shift + (long) begin * w.stride()) * shape.src().width();
        for (int c = 0; c < shape.channels(); c++) {
          clear(scratch, to, begin * pixel);
          spread.run(
              src,
              ELEMENT * (from + c * shape.src().channel()),
              ELEMENT * shape.src().width() * w.stride(),
              scratch,
              to + begin * pixel,
              pixel,
              end - begin);
          clear(scratch, to + end * pixel, (plan.columns - end) * pixel);
          to += plan.planeBytes;
        }
      }
    }
  }

  private static void clear(MemorySegment scratch, long at, long bytes) {
    BlockCopy.zero(scratch, at / ELEMENT, bytes / ELEMENT);
  }

  /** Computes the lanes of one panel in some rows. */
  private void panel(
      int panel,
      int rows,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long[] to,
      MemorySegment scratch) {
    TileCut cut = cuts[plan.panelVectors(panel)][rows];
    if (cut.hasTall()) {
      int end = cut.firstLow();
      int lastRow = cut.end() - cut.tall();
      tiles(panel, cut.tall(), 0, end, lastRow, srcAt, dst, dstAt, to, scratch);
    }
    if (cut.hasLow()) {
      int begin = cut.firstLow();
      tiles(panel, cut.low(), begin, cut.end(), cut.lastRow(), srcAt, dst, dstAt, to, scratch);
    }
  }

  private void tiles(
      int panel,
      int height,
      int first,
      int end,
      int lastRow,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long[] to,
      MemorySegment scratch) {
    int terms = plan.taps.length;
    kernels[plan.panelVectors(panel)][height].run(
        scratch,
        srcAt,
        plan.srcRows,
        first,
        end,
        lastRow,
        plan.taps,
        0,
        terms,
        ELEMENT * terms,
        weights,
        weightsAt[panel],
        initial,
        initialAt(panel),
        0,
        dst,
        dstAt,
        to,
        0,
        dst,
        dstAt,
        to,
        activation.alpha(),
        activation.beta());
  }

  /** From scratch to the destination. */
  private void activate(int rows, MemorySegment dst, long dstAt, MemorySegment scratch) {
    boolean dense = rows == 1 || dstRows[1] == waitingRows[1];
    int lines = dense ? 1 : rows;
    int count = dense ? rows * plan.lanes : plan.lanes;
    for (int l = 0; l < lines; l++) {
      activate.run(
          scratch,
          plan.copyBytes + waitingRows[l],
          scratch,
          0,
          scratch,
          0,
          scratch,
          0,
          dst,
          dstAt + dstRows[l],
          count - width.lanes(),
          activation.alpha(),
          activation.beta());
    }
  }
}
