package io.striate.op.vector;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a {@link GemmShape} is cut and where everything lies: blocks of positions, panels of output
 * channels, blocks of terms, and the offset tables that the micro-kernel walks. Made once,
 * immutable.
 *
 * <p>Blocks. A block is a rectangle of positions of one image: whole rows, or a part of one row
 * where rows are long. It has up to {@value #MOST_ROWS} positions so that a panel of weights is
 * used many times once it is in the cache. A tile of the kernel is one block times one group of
 * panels.
 *
 * <p>Source. If no position reads outside of the image and channels lie side by side, the
 * micro-kernel reads the operand itself. Otherwise the part of the source that a block reads is
 * first copied to scratch, with zeros around it, channels side by side and pixels without gap: a
 * copied element is then used taps·outChannels times, so the copy costs 1 to 2 % of a 3x3
 * convolution of 64 channels; in return there is no border case, no power-of-two pitch that fights
 * for cache sets, and neighbouring taps merge into one long run (a 7x7 stem over 3 channels is 7
 * runs of 21).
 *
 * <p>Terms. Weights of one panel are cut to {@value #PANEL_BYTES} bytes so that they stay in L2
 * while all micro-tiles of a block use them; sums wait in scratch between the blocks of terms.
 * Order of summation: taps D-, H-, W-major, then channels, one chain, whatever the cut.
 */
final class GemmPlan {
  private static final int MOST_ROWS = 384;
  private static final int FEWEST_ROWS = 48;
  private static final int SOURCE_BYTES = 512 << 10;
  private static final int PANEL_BYTES = 384 << 10;

  final GemmShape shape;
  final Width width;

  // Blocks of positions.
  final int blockHeight;
  final int blockWidth;
  final int blocksHigh;
  final int blocksWide;

  // The source of a block, in elements where not said otherwise.
  final Optional<BlockCopy> copy; // to scratch, unless it is read where it lies
  final int copiedDepth;
  final int copiedWidth;
  final long[] srcRows;
  final long[] dstRows;
  final long[] residualRows;

  // Blocks of terms: taps firstTap[b] to firstTap[b+1], each run[b] long, weights from term
  // firstTerm[b] on.
  final long[] taps;
  final int[] firstTap;
  final int[] run;
  final int[] firstTerm;

  /** What the micro-kernel walks along at once, in bytes: a run or, if depthwise, the taps. */
  final long[] walk;

  // Panels of output channels, in vectors; groups of panels.
  final int vectors;

  /**
   * Whether the last vector of channels is moved back over the one before it where it would not be
   * full: its channels are computed twice, to the same bits, and rows are completed in registers.
   */
  final boolean overlaps;

  final int[] firstVector;
  final int[] firstPanel;

  // Scratch, in bytes from its start.
  final long sumsAt;
  final long initAt;
  final long packedAt;
  final long scratchBytes;

  GemmPlan(GemmShape shape, Width width, int threads, boolean packsAtRun) {
    this.shape = shape;
    this.width = width;
    GemmShape.Axis h = shape.height();
    GemmShape.Axis w = shape.width();

    vectors = Math.ceilDiv(shape.outChannels(), width.lanes());
    overlaps =
        shape.outChannels() >= width.lanes()
            && !shape.depthwise()
            && isDense(shape)
            && TileVariant.isShort(shape.activation().kind());
    firstVector = cut(vectors, Math.ceilDiv(vectors, width.maxVectors()));

    // Few positions per block for many threads, but enough that weights read from memory are worth
    // it.
    long perRow = 4L * shape.channels() * h.stride() * w.stride();
    long wanted = Math.clamp(SOURCE_BYTES / perRow, FEWEST_ROWS, MOST_ROWS);
    long positions = (long) shape.depth().outputs() * h.outputs() * w.outputs() * shape.images();
    if (threads > 1) {
      wanted = Math.clamp(Math.ceilDiv(positions, 4L * threads), FEWEST_ROWS, wanted);
    }
    blocksWide = w.outputs() > MOST_ROWS ? Math.toIntExact(Math.ceilDiv(w.outputs(), wanted)) : 1;
    blockWidth = Math.ceilDiv(w.outputs(), blocksWide);
    int rowsPerBlock = blocksWide > 1 ? 1 : (int) Math.max(1, wanted / blockWidth);
    blocksHigh = Math.ceilDiv(h.outputs(), rowsPerBlock);
    blockHeight = Math.ceilDiv(h.outputs(), blocksHigh);
    long blocks = (long) shape.images() * shape.depth().outputs() * blocksHigh * blocksWide;
    int groups =
        threads == 1
            ? 1
            : Math.toIntExact(Math.clamp(Math.ceilDiv(4L * threads, blocks), 1, panels()));
    firstPanel = cut(panels(), groups);

    boolean copied =
        shape.depthwise() || !(inside() && (shape.src().channel() == 1 || shape.channels() == 1));
    copy = copied ? Optional.of(new BlockCopy(shape, width)) : Optional.empty();
    copiedDepth = shape.depth().span();
    copiedWidth = Math.addExact(Math.multiplyExact(blockWidth - 1, w.stride()), w.span());
    long stepWidth = copied ? shape.channels() : shape.src().width();
    long stepHeight = copied ? stepWidth * copiedWidth : shape.src().height();
    long stepDepth = copied ? stepHeight * copiedHeight(blockHeight) : shape.src().depth();
    srcRows = table(stepHeight * h.stride(), stepWidth * w.stride());
    dstRows = table(shape.dst().height(), shape.dst().width());
    residualRows =
        shape.residual().present()
            ? table(shape.residual().height(), shape.residual().width())
            : new long[0];

    List<Integer> starts = new ArrayList<>();
    List<Integer> runs = new ArrayList<>();
    taps = cutTerms(tapOffsets(stepDepth, stepHeight, stepWidth), starts, runs);
    firstTap = starts.stream().mapToInt(Integer::intValue).toArray();
    run = runs.stream().mapToInt(Integer::intValue).toArray();
    firstTerm = new int[run.length];
    walk = new long[run.length];
    for (int b = 0; b < run.length; b++) {
      walk[b] = 4L * (shape.depthwise() ? firstTap[b + 1] - firstTap[b] : run[b]);
    }
    for (int b = 1; b < run.length; b++) {
      firstTerm[b] = firstTerm[b - 1] + (firstTap[b] - firstTap[b - 1]) * run[b - 1];
    }

    long panelBytes = (long) widestPanel() * width.bytes();
    sumsAt =
        align(
            copied ? Math.multiplyExact(4L, Math.multiplyExact(stepDepth, (long) copiedDepth)) : 0);
    initAt = align(sumsAt + ((long) blockHeight * blockWidth + width.maxRows(1)) * panelBytes);
    packedAt = align(initAt + panelBytes);
    scratchBytes =
        align(packedAt + (packsAtRun ? Math.multiplyExact(panelBytes, (long) shape.terms()) : 0));
  }

  private boolean inside() {
    return shape.depth().inside() && shape.height().inside() && shape.width().inside();
  }

  /** Whether the source is copied to scratch. */
  boolean isCopied() {
    return copy.isPresent();
  }

  /** Rows of source that this many rows of output read. */
  int copiedHeight(int outputs) {
    return Math.addExact(
        Math.multiplyExact(outputs - 1, shape.height().stride()), shape.height().span());
  }

  int panels() {
    return firstVector.length - 1;
  }

  int panelVectors(int panel) {
    return firstVector[panel + 1] - firstVector[panel];
  }

  /** Valid channels of a panel. */
  int panelChannels(int panel) {
    int first = firstVector[panel] * width.lanes();
    return Math.min(panelVectors(panel) * width.lanes(), shape.outChannels() - first);
  }

  /** Whether the rows of a panel are whole vectors of neighbouring channels, or are made so. */
  boolean isDirect(int panel) {
    return (isWhole(panel) || overlaps) && isDense(shape);
  }

  /** Channels of the panels of a group that are direct: all, or all but the last panel's. */
  int directChannels(int group) {
    int channels = 0;
    for (int p = firstPanel[group]; p < firstPanel[group + 1] && isDirect(p); p++) {
      channels += panelChannels(p);
    }
    return channels;
  }

  private boolean isWhole(int panel) {
    return panelChannels(panel) == panelVectors(panel) * width.lanes();
  }

  private static boolean isDense(GemmShape shape) {
    return shape.dst().channel() == 1
        && (!shape.residual().present() || shape.residual().channel() == 1);
  }

  /**
   * The channel of a vector of a panel: the next lanes, or the last ones, if that many are not left
   * and vectors may overlap.
   */
  int vectorChannel(int panel, int vector) {
    int channel = (firstVector[panel] + vector) * width.lanes();
    return overlaps ? Math.min(channel, shape.outChannels() - width.lanes()) : channel;
  }

  /** Bytes that the last vector of a panel is moved back, so that it ends with the channels. */
  long lastBack(int panel) {
    int last = panelVectors(panel) - 1;
    int channel = (firstVector[panel] + last) * width.lanes();
    return (long) Float.BYTES * (channel - vectorChannel(panel, last));
  }

  private int widestPanel() {
    return panelVectors(0);
  }

  int panelGroups() {
    return firstPanel.length - 1;
  }

  int termBlocks() {
    return run.length;
  }

  int tiles() {
    long tiles =
        (long) shape.images() * shape.depth().outputs() * blocksHigh * blocksWide * panelGroups();
    return Math.toIntExact(tiles);
  }

  /** Bytes of weights of the largest block of terms, of a panel of this many vectors. */
  long termBytes(int vectors) {
    long terms = 0;
    for (int b = 0; b < run.length; b++) {
      terms = Math.max(terms, (long) (firstTap[b + 1] - firstTap[b]) * run[b]);
    }
    return terms * vectors * width.bytes();
  }

  /** Bytes of one packed set of weights. */
  long setBytes() {
    return Math.multiplyExact((long) shape.terms() * vectors, (long) width.bytes());
  }

  /** Byte offsets of the positions of a block. */
  private long[] table(long stepHeight, long stepWidth) {
    long[] rows = new long[blockHeight * blockWidth];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = 4 * (i / blockWidth * stepHeight + i % blockWidth * stepWidth);
    }
    return rows;
  }

  /** Byte offsets of all taps, from the least displacement on if the source is copied. */
  private long[] tapOffsets(long stepDepth, long stepHeight, long stepWidth) {
    long[] offsets = new long[shape.taps()];
    int t = 0;
    for (int d : shape.depth().displacements()) {
      for (int h : shape.height().displacements()) {
        for (int w : shape.width().displacements()) {
          offsets[t++] =
              4
                  * ((d - base(shape.depth())) * stepDepth
                      + (h - base(shape.height())) * stepHeight
                      + (w - base(shape.width())) * stepWidth);
        }
      }
    }
    return offsets;
  }

  private long base(GemmShape.Axis axis) {
    return isCopied() ? axis.least() : 0;
  }

  /** Merges taps into runs, then cuts them into blocks of terms. */
  private long[] cutTerms(long[] offsets, List<Integer> starts, List<Integer> runs) {
    int merged = mergeable(offsets);
    int length = shape.depthwise() ? 1 : merged * shape.channels();
    int most = Math.max(1, PANEL_BYTES / (widestPanel() * width.bytes()));
    List<Long> out = new ArrayList<>();
    starts.add(0);
    if (length <= most) {
      int count = offsets.length / merged;
      int[] cut = cut(count, Math.ceilDiv(count, most / length));
      for (int t = 0; t < count; t++) {
        out.add(offsets[t * merged]);
      }
      for (int b = 1; b < cut.length; b++) {
        starts.add(cut[b]);
        runs.add(length);
      }
    } else {
      int[] cut = cut(length, Math.ceilDiv(length, most));
      for (int t = 0; t < offsets.length; t += merged) {
        for (int b = 1; b < cut.length; b++) {
          out.add(offsets[t] + 4L * cut[b - 1]);
          starts.add(out.size());
          runs.add(cut[b] - cut[b - 1]);
        }
      }
    }
    return out.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * The largest number of neighbouring taps that lie side by side everywhere: some or all trailing
   * axes.
   */
  private int mergeable(long[] offsets) {
    if (shape.depthwise()) {
      return 1;
    }
    int[] sizes = {
      shape.taps(), shape.height().taps() * shape.width().taps(), shape.width().taps(), 1
    };
    for (int size : sizes) {
      boolean fits = true;
      for (int t = 0; t < offsets.length && fits; t++) {
        fits = t % size == 0 || offsets[t] == offsets[t - 1] + 4L * shape.channels();
      }
      if (fits) {
        return size;
      }
    }
    return 1;
  }

  /** Borders of {@code parts} parts of {@code count}, the larger parts first. */
  static int[] cut(int count, int parts) {
    int[] borders = new int[parts + 1];
    for (int i = 0; i < parts; i++) {
      borders[i + 1] = borders[i] + count / parts + (i < count % parts ? 1 : 0);
    }
    return borders;
  }

  static long align(long bytes) {
    return (bytes + 63) & -64;
  }
}
