package io.striate.op.vector;

import io.striate.op.Activation;
import java.lang.foreign.MemorySegment;

/**
 * An implicit matrix product bound to memory.
 *
 * <p>Loop order of a tile: panel of output channels, block of terms, micro-tile of positions; the
 * last is a loop of the micro-kernel. A block of weights is read from memory once and then from L2
 * by every micro-tile; the positions' source, some hundred kilobytes, stays in L2 too. Sums of all
 * but the last block of terms wait in scratch, as do those of a panel that does not fill its last
 * vector, for {@link RowFinish}; else the micro-kernel adds the residual, applies the activation
 * and stores to the destination. A long activation follows when all panels of a group are there,
 * over rows as long as they come.
 */
final class GemmTask {
  private final GemmPlan plan;
  private final GemmShape shape;
  private final MemorySegment src;
  private final MemorySegment weights;
  private final MemorySegment packed;
  private final MemorySegment initial;
  private final MemorySegment bias;
  private final MemorySegment residual;
  private final MemorySegment dst;
  private final boolean biasAtRun;
  private final boolean packsAtRun;
  private final boolean adds;
  private final Activation activation;
  private final TileKernels tiles;

  /**
   * @param weights as given; packed at run if {@code packed} is empty
   * @param initial what sums begin with, as {@link PanelPacking#initial} packs it; empty if the
   *     bias is known at run only
   * @param bias read if {@code initial} is empty
   */
  GemmTask(
      GemmPlan plan,
      TileKernels tiles,
      MemorySegment src,
      MemorySegment weights,
      MemorySegment packed,
      MemorySegment initial,
      MemorySegment bias,
      MemorySegment residual,
      MemorySegment dst) {
    this.plan = plan;
    this.tiles = tiles;
    this.src = src;
    this.weights = weights;
    this.packed = packed;
    this.initial = initial;
    this.bias = bias;
    this.residual = residual;
    this.dst = dst;
    shape = plan.shape;
    biasAtRun = initial.byteSize() == 0;
    packsAtRun = packed.byteSize() == 0;
    adds = shape.residual().present();
    activation = shape.activation();
  }

  void run(int first, int last, MemorySegment scratch) {
    int copiedBlock = -1;
    for (int tile = first; tile < last; tile++) {
      int group = tile % plan.panelGroups();
      int block = tile / plan.panelGroups();
      int wide = block % plan.blocksWide;
      int rest = block / plan.blocksWide;
      int high = rest % plan.blocksHigh;
      rest /= plan.blocksHigh;
      int od = rest % shape.depth().outputs();
      int image = rest / shape.depth().outputs();
      int oh = high * plan.blockHeight;
      int ow = wide * plan.blockWidth;
      int height = Math.min(plan.blockHeight, shape.height().outputs() - oh);
      int positions = height * Math.min(plan.blockWidth, shape.width().outputs() - ow);
      if (plan.isCopied() && block != copiedBlock) {
        plan.copy
            .orElseThrow()
            .run(plan, src, shape.src().images()[image], od, oh, ow, height, scratch);
        copiedBlock = block;
      }
      for (int p = plan.firstPanel[group]; p < plan.firstPanel[group + 1]; p++) {
        panel(p, image, od, oh, ow, positions, scratch);
      }
      if (tiles.leavesActivation()) {
        activate(group, image, od, oh, ow, positions);
      }
    }
  }

  private void panel(
      int panel, int image, int od, int oh, int ow, int positions, MemorySegment scratch) {
    int set = shape.imageSets()[image];
    int vectors = plan.panelVectors(panel);
    int channel = plan.firstVector[panel] * plan.width.lanes();
    int valid = plan.panelChannels(panel);
    boolean direct = plan.isDirect(panel);
    long rowBytes = (long) vectors * plan.width.bytes();

    MemorySegment panels = packsAtRun ? scratch : packed;
    long panelAt = packsAtRun ? plan.packedAt : PanelPacking.panelAt(plan, set, panel);
    if (packsAtRun) {
      PanelPacking.panel(plan, set, panel, weights, scratch, panelAt);
    }
    if (biasAtRun) {
      PanelPacking.initial(plan, set, panel, bias, scratch, plan.initAt);
    }
    long initAt = biasAtRun ? plan.initAt : PanelPacking.initialAt(plan, set, panel);

    // A depthwise source is always copied; its vectors begin at the panel's own channel.
    long copiedBase = shape.depthwise() ? 4L * channel : 0;
    long srcBase = plan.isCopied() ? copiedBase : base(shape.src(), image, od, oh, ow, true);
    long dstBase =
        base(shape.dst(), image, od, oh, ow, false) + 4L * channel * shape.dst().channel();
    long residualBase =
        adds
            ? base(shape.residual(), image, od, oh, ow, false)
                + 4L * channel * shape.residual().channel()
            : 0;
    TileCut cut = tiles.cut(vectors, positions);
    for (int b = 0; b < plan.termBlocks(); b++) {
      boolean finishes = direct && b == plan.termBlocks() - 1;
      long weightsAt = panelAt + plan.firstTerm[b] * rowBytes;
      if (cut.hasTall()) {
        tiles(
            vectors,
            cut.tall(),
            finishes,
            plan.lastBack(panel),
            0,
            cut.firstLow(),
            cut.end() - cut.tall(),
            b,
            srcBase,
            panels,
            weightsAt,
            initAt,
            dstBase,
            residualBase,
            scratch);
      }
      if (cut.hasLow()) {
        tiles(
            vectors,
            cut.low(),
            finishes,
            plan.lastBack(panel),
            cut.firstLow(),
            cut.end(),
            cut.lastRow(),
            b,
            srcBase,
            panels,
            weightsAt,
            initAt,
            dstBase,
            residualBase,
            scratch);
      }
    }
    if (!direct) {
      int lastSlot = cut.lastSlot();
      // the sums of the last tile wait by slot, not by row
      long lastSums = plan.sumsAt + (lastSlot - cut.lastRow()) * rowBytes;
      complete(plan.sumsAt, rowBytes, residualBase, dstBase, 0, lastSlot, valid, scratch);
      complete(lastSums, rowBytes, residualBase, dstBase, lastSlot, positions, valid, scratch);
    }
  }

  /** Applies a long activation to what the panels of a group left in the destination. */
  private void activate(int group, int image, int od, int oh, int ow, int positions) {
    int channel = plan.firstVector[plan.firstPanel[group]] * plan.width.lanes();
    int channels = plan.directChannels(group);
    if (channels > 0) {
      long at = base(shape.dst(), image, od, oh, ow, false) + 4L * channel * shape.dst().channel();
      tiles.finish().activate(dst, at, positions, channels);
    }
  }

  private void complete(
      long sumsBase,
      long rowBytes,
      long residualBase,
      long dstBase,
      int first,
      int end,
      int channels,
      MemorySegment scratch) {
    tiles
        .finish()
        .complete(
            scratch,
            sumsBase,
            rowBytes,
            residual,
            residualBase,
            dst,
            dstBase,
            first,
            end,
            channels);
  }

  /** Runs the tiles from slot {@code first} to {@code end} over one block of terms. */
  private void tiles(
      int vectors,
      int rows,
      boolean finishes,
      long lastBack,
      int first,
      int end,
      int lastRow,
      int terms,
      long srcBase,
      MemorySegment panels,
      long weightsAt,
      long initAt,
      long dstBase,
      long residualBase,
      MemorySegment scratch) {
    boolean begins = terms == 0;
    tiles
        .kernel(vectors, rows, finishes)
        .run(
            plan.isCopied() ? scratch : src,
            srcBase,
            plan.srcRows,
            first,
            end,
            lastRow,
            plan.taps,
            plan.firstTap[terms],
            plan.firstTap[terms + 1],
            plan.walk[terms],
            panels,
            weightsAt,
            begins && !biasAtRun ? initial : scratch,
            begins ? initAt : plan.sumsAt,
            begins ? 0 : (long) vectors * plan.width.bytes(),
            finishes ? dst : scratch,
            finishes ? dstBase : plan.sumsAt,
            plan.dstRows,
            lastBack,
            adds ? residual : scratch,
            residualBase,
            plan.residualRows,
            activation.alpha(),
            activation.beta());
  }

  /**
   * Byte offset of a block's first position; of the source, the input position that tap
   * displacements count from.
   */
  private long base(GemmShape.Strided at, int image, int od, int oh, int ow, boolean source) {
    long d = source ? (long) od * shape.depth().stride() : od;
    long h = source ? (long) oh * shape.height().stride() : oh;
    long w = source ? (long) ow * shape.width().stride() : ow;
    return 4 * (at.images()[image] + d * at.depth() + h * at.height() + w * at.width());
  }
}
