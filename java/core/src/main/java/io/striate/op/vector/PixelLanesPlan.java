package io.striate.op.vector;

import io.striate.op.KernelRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How {@link PixelLanesKernel} cuts a convolution and where everything lies. Made once, immutable.
 *
 * <p>A row of the destination, W pixels of C channels without gaps, is one line of W·C lanes. It is
 * cut into panels of some vectors; the last ends with the row and may overlap the one before it, so
 * that nothing outside of the row is written and no vector is partial.
 *
 * <p>The source of a band of rows is copied with every element repeated C times: {@code
 * [row][plane][column][C]}. A plane holds one input channel and the columns of one residue modulo
 * the stride, so that the source of a row of outputs is as dense as the row itself for every tap.
 */
final class PixelLanesPlan {
  private static final int MOST_TERMS = 2048;
  private static final long MOST_WEIGHTS =
      1 << 20; // bytes: they are read once per row tile and panel
  private static final long BAND_BYTES = 256 << 10; // of copied rows, a quarter of L2
  private static final long L1_BYTES = 32 << 10;
  private static final int TILES_PER_THREAD = 4;

  // Cycles, Zen 4: a term of a pixel where pixels are broadcast, a vector of terms where they are
  // loaded, by where the copied rows of a row of outputs lie (5x5 of 32 channels to 1, 128 wide, 84
  // kB: 6; 3x3 of 32 to 3, 256 wide, 300 kB: 12), an element that is repeated.
  private static final double BROADCAST_CYCLES = 2;
  private static final double TERM_CYCLES = 1.5;
  private static final double TERM_CYCLES_OF_L2 = 6;
  private static final double TERM_CYCLES_BEYOND = 12;
  private static final double SPREAD_CYCLES = 3;

  final GemmShape shape;
  final Width width;

  /** Lanes of a row of the destination. */
  final int lanes;

  /** Borders of the panels, in vectors. */
  final int[] firstVector;

  /**
   * By panel: the first of as many vectors that begins with the same channel, whose weights it
   * shares.
   */
  final int[] weightsOf;

  final int band;
  final int bands;

  /** Residues of columns modulo the stride that have a plane. */
  final int[] residues;

  final int columns;
  final long planeBytes;
  final long rowBytes;

  /** Rows of a band in the copied source, in bytes. */
  final long[] srcRows;

  final long[] taps;

  /** Bytes of the copied rows, behind which the outputs wait for a long activation. */
  final long copyBytes;

  PixelLanesPlan(GemmShape shape, Width width, int threads) {
    this.shape = shape;
    this.width = width;
    GemmShape.Axis h = shape.height();
    GemmShape.Axis w = shape.width();
    int channels = shape.outChannels();
    lanes = rowLanes(shape);
    int vectors = Math.ceilDiv(lanes, width.lanes());
    int fewest = lanes % width.lanes() == 0 ? 1 : 2;
    firstVector =
        GemmPlan.cut(vectors, Math.max(fewest, Math.ceilDiv(vectors, width.maxVectors())));
    weightsOf = weightsOf();
    residues = residues(w);
    columns = columns(w);
    planeBytes = 4L * columns * channels;
    rowBytes = (long) residues.length * shape.channels() * planeBytes;
    long fitting = (BAND_BYTES / rowBytes - h.span()) / h.stride() + 1;
    long wanted =
        threads == 1
            ? h.outputs()
            : (long) shape.images() * h.outputs() / ((long) TILES_PER_THREAD * threads);
    bands = Math.ceilDiv(h.outputs(), Math.clamp(Math.min(fitting, wanted), 1, h.outputs()));
    band = Math.ceilDiv(h.outputs(), bands);
    srcRows = new long[band];
    for (int r = 0; r < band; r++) {
      srcRows[r] = (long) r * h.stride() * rowBytes;
    }
    taps = taps();
    copyBytes = GemmPlan.align(copiedRows(band) * rowBytes + width.bytes());
  }

  private int[] weightsOf() {
    int[] of = new int[panels()];
    for (int p = 0; p < of.length; p++) {
      while (panelVectors(of[p]) != panelVectors(p)
          || (firstLane(p) - firstLane(of[p])) % shape.outChannels() != 0) {
        of[p]++;
      }
    }
    return of;
  }

  private static int rowLanes(GemmShape shape) {
    return shape.width().outputs() * shape.outChannels();
  }

  private static int columns(GemmShape.Axis w) {
    return w.outputs() + (w.span() - 1) / w.stride();
  }

  private static int[] residues(GemmShape.Axis w) {
    List<Integer> found = new ArrayList<>();
    for (int tap = 0; tap < w.taps(); tap++) {
      int residue = (w.displacements()[tap] - w.least()) % w.stride();
      if (!found.contains(residue)) {
        found.add(residue);
      }
    }
    return found.stream().mapToInt(Integer::intValue).sorted().toArray();
  }

  /** Byte offsets of all terms, in the order of {@link PanelPacking}. */
  private long[] taps() {
    GemmShape.Axis w = shape.width();
    long[] offsets = new long[shape.terms()];
    int t = 0;
    for (int y : shape.height().displacements()) {
      for (int x : w.displacements()) {
        int column = x - w.least();
        int plane = Arrays.binarySearch(residues, column % w.stride());
        for (int c = 0; c < shape.channels(); c++) {
          offsets[t++] =
              (y - shape.height().least()) * rowBytes
                  + ((long) plane * shape.channels() + c) * planeBytes
                  + 4L * (column / w.stride()) * shape.outChannels();
        }
      }
    }
    return offsets;
  }

  /** Whether the kernel can do the request, of this shape. */
  static boolean canDo(KernelRequest request, GemmShape shape, Width width, int bias) {
    int channels = shape.outChannels();
    return request.inputs().get(1).constant().isPresent()
        && (bias < 0 || request.inputs().get(bias).constant().isPresent())
        && !shape.depthwise()
        && !shape.residual().present()
        && shape.weightSets().length == 1
        && shape.depth().outputs() == 1
        && shape.depth().taps() == 1
        && shape.depth().least() == 0
        && channels <= width.lanes() / 2
        && (shape.dst().channel() == 1 || channels == 1)
        && (shape.dst().width() == channels || shape.width().outputs() == 1)
        && (long) shape.width().outputs() * channels < 1 << 24
        && rowLanes(shape) >= width.lanes()
        && shape.width().span() < 1 << 16
        && (long) shape.taps() * shape.channels() <= MOST_TERMS
        && weightBytes(shape, width) <= MOST_WEIGHTS;
  }

  /**
   * At most: panels have one of two numbers of vectors, but for the last, and begin with a channel.
   */
  private static long weightBytes(GemmShape shape, Width width) {
    long panels = 2L * shape.outChannels() + 1;
    long lanes = Math.min(rowLanes(shape), panels * width.maxVectors() * width.lanes());
    return 4L * shape.terms() * (lanes + width.lanes());
  }

  /** Whether it is estimated to beat the direct algorithm. Looks at one image only. */
  static boolean isWorthwhile(GemmShape shape, Width width) {
    double outputs = (double) shape.height().outputs() * shape.width().outputs();
    double read =
        ((double) (shape.height().outputs() - 1) * shape.height().stride() + shape.height().span())
            * columns(shape.width())
            * residues(shape.width()).length;
    long row = (long) columns(shape.width()) * shape.outChannels() * shape.channels();
    long rows = 4 * row * residues(shape.width()).length * shape.height().span();
    double cost =
        termCycles(rows) * shape.terms() * shape.outChannels() / width.lanes()
            + SPREAD_CYCLES * shape.channels() * read / outputs;
    return cost < BROADCAST_CYCLES * shape.terms();
  }

  private static double termCycles(long rows) {
    return rows <= L1_BYTES
        ? TERM_CYCLES
        : rows <= BAND_BYTES ? TERM_CYCLES_OF_L2 : TERM_CYCLES_BEYOND;
  }

  int panels() {
    return firstVector.length - 1;
  }

  int panelVectors(int panel) {
    return firstVector[panel + 1] - firstVector[panel];
  }

  /** The lane of a row that a panel begins with. */
  int firstLane(int panel) {
    return panel == panels() - 1
        ? lanes - panelVectors(panel) * width.lanes()
        : firstVector[panel] * width.lanes();
  }

  int tiles() {
    return Math.multiplyExact(shape.images(), bands);
  }

  /** Source rows that so many rows of outputs read. */
  long copiedRows(int rows) {
    return (long) (rows - 1) * shape.height().stride() + shape.height().span();
  }
}
