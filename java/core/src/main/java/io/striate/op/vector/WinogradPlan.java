package io.striate.op.vector;

import io.striate.base.CacheSizes;
import io.striate.op.Activation;

/**
 * How a Winograd convolution is cut and where everything lies in scratch. Made once, immutable.
 *
 * <p>Segments. A row of image tiles is cut into segments of at most {@value #SEGMENT_COLUMNS}
 * columns of pixels, so that a pass over one vector of channels stays in L1. The cut depends on the
 * image only. Segments are numbered image by image, row by row, group by group.
 *
 * <p>Blocks. A block is some segments of one group: their inputs' points V and their products M lie
 * in scratch at once, and each point's weights are read once for all tiles of the block. Where
 * channels are few, V and M fill most of an L2 of 1 MB; where they are many, the weights (n·4·C·OC
 * bytes, n points) must not be read too often, and blocks are larger than L2; with an L2 of 2 MB
 * and weights of more than 4 MB they are as large as may be (Intel Xeon, whose L3 gives 29 GB/s:
 * VGG-16 173 -> 137 ms, with two threads 88 -> 72). The distance of points in V and M is an odd
 * number of cache lines, or the stores of a pass would fall into one set of L1.
 *
 * <p>Units. A tile of the kernel is one block times one part of the panels of output channels;
 * every part transforms the inputs again, so there is more than one only where blocks are fewer
 * than threads want.
 */
final class WinogradPlan {
  private static final int SEGMENT_COLUMNS = 66;
  private static final int BLOCK_BYTES = 640 << 10;
  private static final int FEWEST_TILES = 24;
  private static final int MOST_TILES = 96;

  /** Weights of all points that a large L2 does not hold are read less often. */
  private static final long LARGE_WEIGHTS = 4 << 20;

  private static final int UNITS_PER_THREAD = 3;
  private static final int BUFFER_BYTES = 24 << 10;
  private static final int LINE = 64;

  final GemmShape shape;
  final Width width;
  final WinogradForm form;
  final WinogradAxis high;
  final WinogradAxis wide;

  // Tiles of an image, and segments.
  final int tilesHigh;
  final int tilesWide;
  final int segmentsWide;
  final int mostSegmentTiles;
  final int images;
  final int groups;
  final int segments;

  // Blocks of a group, in segments; most tiles of one.
  final int[] firstSegment;
  final int blockTiles;

  // Panels of output channels, in vectors; parts, in panels.
  final int[] firstVector;
  final int[] firstPanel;

  // Vectors of channels that a pass takes at once.
  final int chunk;

  // Rows of V and M, and tables of them for the micro-kernel, in bytes.
  final long inputRow;
  final long productRow;
  final long inputPoint;
  final long productPoint;
  final long[] inputRows;
  final long[] productRows;

  /** Whether outputs wait in scratch for an activation that is too long for a pass. */
  final boolean staged;

  // Scratch, in bytes from its start. Staged outputs take the place of the inputs' points.
  final long bufferAt;
  final long inputsAt;
  final long productsAt;
  final long biasAt;
  final long scratchBytes;

  WinogradPlan(GemmShape shape, Width width, WinogradForm form, int threads) {
    this.shape = shape;
    this.width = width;
    this.form = form;
    high = form.high;
    wide = form.wide;
    long points = form.points();
    groups = shape.weightSets().length;
    images = shape.images() / groups;
    tilesHigh = Math.ceilDiv(shape.height().outputs(), high.outputs);
    tilesWide = Math.ceilDiv(shape.width().outputs(), wide.outputs);
    segmentsWide =
        Math.ceilDiv(
            tilesWide, (SEGMENT_COLUMNS - wide.taps + wide.stride) / (wide.outputs * wide.stride));
    mostSegmentTiles = Math.ceilDiv(tilesWide, segmentsWide);
    segments = Math.multiplyExact(Math.multiplyExact(images, tilesHigh), segmentsWide);

    int vectors = Math.ceilDiv(shape.outChannels(), width.lanes());
    inputRow = 4L * shape.channels();
    productRow = (long) vectors * width.bytes();

    long allTiles = (long) images * tilesHigh * tilesWide;
    long fits = BLOCK_BYTES / (points * (inputRow + productRow));
    boolean rereads = points * shape.channels() * productRow > LARGE_WEIGHTS;
    long fewest = rereads && CacheSizes.hasLargeL2() ? MOST_TILES : FEWEST_TILES;
    long wantedTiles = Math.clamp(fits, fewest, MOST_TILES);
    long wantedUnits = threads == 1 ? 1 : (long) threads * UNITS_PER_THREAD;
    wantedTiles =
        Math.min(wantedTiles, Math.max(fewest, Math.ceilDiv(allTiles * groups, wantedUnits)));
    long blocks = Math.ceilDiv(segments, Math.max(1, wantedTiles / mostSegmentTiles));
    if (blocks * groups >= wantedUnits) { // as many for each thread
      blocks = Math.min(segments, Math.ceilDiv(blocks, threads) * (long) threads);
    }
    firstSegment = GemmPlan.cut(segments, Math.toIntExact(blocks));
    int most = 0;
    for (int b = 0; b < blocks; b++) {
      most = Math.max(most, tiles(b));
    }
    blockTiles = most;
    int parts = parts(vectors, blocks * groups, wantedUnits, threads);
    int partPanels = Math.ceilDiv(Math.ceilDiv(vectors, parts), width.maxVectors());
    firstVector = firstVectors(vectors, parts, partPanels);
    firstPanel = GemmPlan.cut(parts * partPanels, parts);

    inputPoint = oddLines(Math.multiplyExact(blockTiles, inputRow));
    productPoint = oddLines(Math.multiplyExact(blockTiles, productRow));
    inputRows = new long[blockTiles];
    productRows = new long[blockTiles];
    for (int t = 0; t < blockTiles; t++) {
      inputRows[t] = t * inputRow;
      productRows[t] = t * productRow;
    }

    long columns = columns(mostSegmentTiles);
    chunk = Math.toIntExact(Math.max(1, BUFFER_BYTES / (high.points * columns * width.bytes())));
    staged = !TileVariant.isShort(shape.activation().kind());
    bufferAt = GemmPlan.align(Math.multiplyExact(high.points * columns, inputRow));
    inputsAt = GemmPlan.align(bufferAt + high.points * columns * chunk * width.bytes());
    long outputs = (long) high.outputs * wide.outputs;
    long stagedBytes = staged ? outputs * mostSegmentTiles * productRow : 0;
    long inputBytes = Math.max(stagedBytes, Math.multiplyExact(points, inputPoint));
    productsAt = Math.addExact(inputsAt, GemmPlan.align(inputBytes));
    biasAt = Math.addExact(productsAt, Math.multiplyExact(points, productPoint));
    scratchBytes = GemmPlan.align(Math.addExact(biasAt, productRow));
  }

  /**
   * Parts of the output channels, with as many panels each: enough units for the threads, or an
   * equal share for each. A part has at least two vectors, the last at least one whole one.
   */
  private int parts(int vectors, long blocks, long wanted, int threads) {
    int parts = 1;
    while (parts < vectors / 2 && blocks * parts < wanted && blocks * parts % threads != 0) {
      parts++;
    }
    return parts;
  }

  /** The borders of all panels: parts of about equal width, and equal panels in each. */
  private static int[] firstVectors(int vectors, int parts, int partPanels) {
    int[] borders = new int[parts * partPanels + 1];
    int[] partBorders = GemmPlan.cut(vectors, parts);
    for (int part = 0; part < parts; part++) {
      int[] own = GemmPlan.cut(partBorders[part + 1] - partBorders[part], partPanels);
      for (int i = 1; i <= partPanels; i++) {
        borders[part * partPanels + i] = partBorders[part] + own[i];
      }
    }
    return borders;
  }

  /** At least so many bytes, an odd number of cache lines. */
  private static long oddLines(long bytes) {
    return (Math.ceilDiv(bytes, LINE) | 1) * LINE;
  }

  /** Columns of source that so many tiles side by side read. */
  int columns(int tiles) {
    return (tiles * wide.outputs - 1) * wide.stride + wide.taps;
  }

  /** The first tile of a segment of a row; of the number of segments: the end of the row. */
  int firstTile(int segment) {
    return Math.toIntExact((long) tilesWide * segment / segmentsWide);
  }

  /** Tiles of a segment. */
  int segmentTiles(int segment) {
    int part = segment % segmentsWide;
    return firstTile(part + 1) - firstTile(part);
  }

  /** Tiles of a block. */
  int tiles(int block) {
    int tiles = 0;
    for (int s = firstSegment[block]; s < firstSegment[block + 1]; s++) {
      tiles += segmentTiles(s);
    }
    return tiles;
  }

  int blocks() {
    return firstSegment.length - 1;
  }

  int panels() {
    return firstVector.length - 1;
  }

  int panelVectors(int panel) {
    return firstVector[panel + 1] - firstVector[panel];
  }

  int parts() {
    return firstPanel.length - 1;
  }

  /** First output channel of a part; of the number of parts: all channels. */
  int firstChannel(int part) {
    return Math.min(firstVector[firstPanel[part]] * width.lanes(), shape.outChannels());
  }

  int units() {
    return Math.toIntExact((long) groups * blocks() * parts());
  }

  /** Bytes of the packed weights of one point of one group. */
  long pointBytes() {
    return Math.multiplyExact((long) shape.channels(), productRow);
  }

  /** Vectors of the chunk that begins with channel {@code c}; one for a last part of a vector. */
  int chunkVectors(int c, int channels) {
    return Math.clamp((channels - c) / width.lanes(), 1, chunk);
  }

  /**
   * Byte offset of the packed weights of a panel: [group][part][point][panel][channel][lanes], the
   * order in which a unit reads them.
   */
  long weightsAt(int group, int point, int panel) {
    int part = panel / (panels() / parts());
    int first = firstVector[firstPanel[part]];
    int vectors = firstVector[firstPanel[part + 1]] - first;
    long before =
        (long) first * form.points() + (long) point * vectors + firstVector[panel] - first;
    return (long) group * form.points() * pointBytes() + before * width.bytes() * shape.channels();
  }

  /** Bytes of all packed weights. */
  long weightBytes() {
    return Math.multiplyExact((long) groups * form.points(), pointBytes());
  }

  /** The activation that the last pass applies. */
  Activation.Kind passKind() {
    return staged ? Activation.Kind.NONE : shape.activation().kind();
  }
}
