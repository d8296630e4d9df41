package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An implicit matrix product bound to memory.
 *
 * <p>Loop order of a tile: panel of output channels, block of terms, micro-tile of positions. A
 * block of weights is read from memory once and then from L2 by every micro-tile; the positions'
 * source, some hundred kilobytes, stays in L2 too. Sums of all but the last block of terms wait in
 * scratch, as do those of a panel that does not fill its last vector; else the micro-kernel stores
 * to the destination and {@link RowFinish} completes the rows while they are in L1.
 */
final class GemmTask {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final long[] NO_ROWS = new long[0];

  private final GemmPlan plan;
  private final GemmShape shape;
  private final MemorySegment src;
  private final MemorySegment weights;
  private final MemorySegment packed;
  private final MemorySegment bias;
  private final MemorySegment residual;
  private final MemorySegment dst;
  private final boolean hasBias;
  private final boolean packsAtRun;
  private final boolean plain;
  private final TileKernels tiles;

  /**
   * @param weights as given; packed at run if {@code packed} is empty
   * @param bias dense, or empty for none
   */
  GemmTask(
      GemmPlan plan,
      TileKernels tiles,
      MemorySegment src,
      MemorySegment weights,
      MemorySegment packed,
      MemorySegment bias,
      MemorySegment residual,
      MemorySegment dst) {
    this.plan = plan;
    this.tiles = tiles;
    this.src = src;
    this.weights = weights;
    this.packed = packed;
    this.bias = bias;
    this.residual = residual;
    this.dst = dst;
    shape = plan.shape;
    hasBias = bias.byteSize() > 0;
    packsAtRun = packed.byteSize() == 0;
    plain = !shape.residual().present() && shape.activation().isNone();
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
      if (plan.copied && block != copiedBlock) {
        BlockCopy.run(plan, src, shape.src().images()[image], od, oh, ow, height, scratch);
        copiedBlock = block;
      }
      for (int p = plan.firstPanel[group]; p < plan.firstPanel[group + 1]; p++) {
        panel(p, image, od, oh, ow, positions, scratch);
      }
    }
  }

  private void panel(
      int panel, int image, int od, int oh, int ow, int positions, MemorySegment scratch) {
    int set = shape.imageSets()[image];
    int vectors = plan.panelVectors(panel);
    int lanes = vectors * plan.width.lanes();
    int channel = plan.firstVector[panel] * plan.width.lanes();
    int valid = Math.min(lanes, shape.outChannels() - channel);

    MemorySegment panels = packsAtRun ? scratch : packed;
    long panelAt = packsAtRun ? plan.packedAt : PanelPacking.panelAt(plan, set, panel);
    if (packsAtRun) {
      PanelPacking.panel(plan, set, panel, weights, scratch, panelAt);
    }
    initialise(set, channel, valid, lanes, scratch);

    MemorySegment rowsIn = plan.copied ? scratch : src;
    // A depthwise source is always copied; its vectors begin at the panel's own channel.
    long copiedBase = shape.depthwise() ? 4L * channel : 0;
    long srcBase = plan.copied ? copiedBase : base(shape.src(), image, od, oh, ow, true);
    long dstBase =
        base(shape.dst(), image, od, oh, ow, false) + 4L * channel * shape.dst().channel();
    boolean direct = valid == lanes && shape.dst().channel() == 1;
    long[] sumsRows = tiles.sumsRows(vectors);
    for (int b = 0; b < plan.termBlocks(); b++) {
      boolean begins = b == 0;
      boolean stores = direct && b == plan.termBlocks() - 1;
      long weightsAt = panelAt + (long) plan.firstTerm[b] * 4 * lanes;
      // Tall tiles, then lower ones; the last is moved up so that it ends with the block. Rows that
      // two tiles share are computed twice, to the same bits, so sums wait by slot, not by row.
      int tall = plan.width.maxRows(vectors);
      int low = plan.width.lowerRows(vectors);
      int count = positions < low ? positions : Math.ceilDiv(positions, tall);
      int firstLow = positions < low || tall == low ? count : Math.max(0, positions - count * low);
      int slot = 0;
      for (int t = 0; t < count; t++) {
        int rows = positions < low ? 1 : t < firstLow ? tall : low;
        int row = Math.min(slot, positions - rows);
        long sumsBase = plan.sumsAt + (long) (slot - row) * 4 * lanes;
        tiles
            .kernel(vectors, rows)
            .run(
                rowsIn,
                srcBase,
                plan.srcRows,
                row,
                plan.taps,
                plan.firstTap[b],
                plan.firstTap[b + 1],
                plan.run[b],
                panels,
                weightsAt,
                scratch,
                begins ? plan.initAt : sumsBase + sumsRows[row],
                begins ? 0 : 4L * lanes,
                stores ? dst : scratch,
                stores ? dstBase : sumsBase,
                stores ? plan.dstRows : sumsRows);
        if (b == plan.termBlocks() - 1 && !(stores && plain)) {
          finish(
              stores,
              stores ? dstBase : sumsBase,
              vectors,
              image,
              od,
              oh,
              ow,
              channel,
              valid,
              row,
              rows,
              dstBase,
              scratch);
        }
        slot += rows;
      }
    }
  }

  private void finish(
      boolean stored,
      long sumsBase,
      int vectors,
      int image,
      int od,
      int oh,
      int ow,
      int channel,
      int valid,
      int row,
      int rows,
      long dstBase,
      MemorySegment scratch) {
    boolean add = shape.residual().present();
    long[] sumsRows = tiles.sumsRows(vectors);
    tiles
        .finish()
        .run(
            stored ? dst : scratch,
            sumsBase,
            stored ? plan.dstRows : sumsRows,
            residual,
            add
                ? base(shape.residual(), image, od, oh, ow, false)
                    + 4L * channel * shape.residual().channel()
                : 0,
            add ? 4 * shape.residual().channel() : 0,
            add ? plan.residualRows : NO_ROWS,
            dst,
            dstBase,
            4 * shape.dst().channel(),
            plan.dstRows,
            row,
            rows,
            valid);
  }

  /** What the sums of a panel begin with: its bias, zeros past the last channel. */
  private void initialise(int set, int channel, int valid, int lanes, MemorySegment scratch) {
    for (int c = 0; c < lanes; c++) {
      float value =
          hasBias && c < valid
              ? bias.get(FLOAT, 4 * (shape.biasSets()[set] + (channel + c) * shape.biasStep()))
              : 0f;
      scratch.set(FLOAT, plan.initAt + 4L * c, value);
    }
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
