package io.striate.op.vector;

import io.striate.op.Activation;
import java.lang.foreign.MemorySegment;

/**
 * The products of a Winograd convolution: for each point, tiles x channels times channels x outputs
 * by the register tiles of {@link MicroKernels}. Loop order: point, panel of output channels,
 * micro-tile of image tiles; the sum over channels is one chain of fused multiply-adds.
 */
final class WinogradMultiply {
  private static final long[] ONE_TAP = {0};

  private final WinogradPlan plan;
  private final MicroKernel[][] kernels; // by vectors and rows
  private final TileCut[][] cuts; // by vectors and image tiles
  private final MemorySegment weights;
  private final MemorySegment zeros;

  /**
   * @param weights packed as {@link WinogradPlan#weightsAt} says
   * @param zeros a row of products
   */
  WinogradMultiply(WinogradPlan plan, MemorySegment weights, MemorySegment zeros) {
    this.plan = plan;
    this.weights = weights;
    this.zeros = zeros;
    Width width = plan.width;
    kernels = new MicroKernel[width.maxVectors() + 1][width.maxRows(1) + 1];
    cuts = new TileCut[width.maxVectors() + 1][plan.blockTiles + 1];
    for (int b = 0; b < plan.blocks(); b++) {
      for (int p = 0; p < plan.panels(); p++) {
        prepare(plan.panelVectors(p), plan.tiles(b));
      }
    }
  }

  private void prepare(int vectors, int tiles) {
    if (cuts[vectors][tiles] != null) {
      return;
    }
    TileCut cut = TileCut.of(plan.width, vectors, tiles);
    cuts[vectors][tiles] = cut;
    if (cut.hasTall()) {
      kernels[vectors][cut.tall()] = kernel(vectors, cut.tall());
    }
    if (cut.hasLow()) {
      kernels[vectors][cut.low()] = kernel(vectors, cut.low());
    }
  }

  /** One that stores rows by the table of the destination. */
  private MicroKernel kernel(int vectors, int rows) {
    return MicroKernels.of(
        TileVariant.of(plan.width, rows, vectors, false, true, false, Activation.Kind.NONE)
            .ahead(plan.inputRow * vectors * plan.width.lanes(), plan.blockTiles));
  }

  /** M from V for the first {@code tiles} tiles in scratch and the panels of a part. */
  void run(int group, int part, int tiles, MemorySegment scratch) {
    int points = plan.form.points();
    for (int p = 0; p < points; p++) {
      for (int panel = plan.firstPanel[part]; panel < plan.firstPanel[part + 1]; panel++) {
        int vectors = plan.panelVectors(panel);
        TileCut cut = cuts[vectors][tiles];
        if (cut.hasTall()) {
          tiles(group, p, panel, cut.tall(), 0, cut.firstLow(), cut.end() - cut.tall(), scratch);
        }
        if (cut.hasLow()) {
          tiles(group, p, panel, cut.low(), cut.firstLow(), cut.end(), cut.lastRow(), scratch);
        }
      }
    }
  }

  private void tiles(
      int group,
      int point,
      int panel,
      int rows,
      int first,
      int end,
      int lastRow,
      MemorySegment scratch) {
    long to = plan.productsAt + point * plan.productPoint;
    kernels[plan.panelVectors(panel)][rows].run(
        scratch,
        plan.inputsAt + point * plan.inputPoint,
        plan.inputRows,
        first,
        end,
        lastRow,
        ONE_TAP,
        0,
        1,
        plan.inputRow,
        weights,
        plan.weightsAt(group, point, panel),
        zeros,
        0,
        0,
        scratch,
        to + (long) plan.firstVector[panel] * plan.width.bytes(),
        plan.productRows,
        0,
        scratch,
        0,
        plan.productRows,
        0,
        0);
  }
}
