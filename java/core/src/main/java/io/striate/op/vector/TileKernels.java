package io.striate.op.vector;

import io.striate.op.Activation;
import java.util.Optional;

/**
 * The generated kernels that a {@link GemmPlan} needs, chosen when the kernel is created.
 *
 * <p>Panels whose channels are whole vectors side by side are completed by the micro-kernel itself,
 * or all but a long activation; others, and sums that wait for the next block of terms, go to
 * scratch.
 */
final class TileKernels {
  private final MicroKernel[][] sums;
  private final MicroKernel[][] finishing;
  private final TileCut[][] cuts; // by vectors and positions
  private final boolean inRegisters;
  private final Optional<RowFinish> finish;

  TileKernels(GemmPlan plan) {
    GemmShape shape = plan.shape;
    sums = new MicroKernel[plan.width.maxVectors() + 1][plan.width.maxRows(1) + 1];
    finishing = new MicroKernel[plan.width.maxVectors() + 1][plan.width.maxRows(1) + 1];
    cuts = new TileCut[plan.width.maxVectors() + 1][plan.blockHeight * plan.blockWidth + 1];
    inRegisters = TileVariant.isShort(shape.activation().kind());
    boolean waits = plan.termBlocks() > 1;
    boolean completes = !inRegisters;
    for (int p = 0; p < plan.panels(); p++) {
      boolean direct = plan.isDirect(p);
      completes |= !direct;
      if (direct) {
        prepare(plan, plan.panelVectors(p), true);
      }
      if (waits || !direct) {
        prepare(plan, plan.panelVectors(p), false);
      }
    }
    finish = completes ? Optional.of(new RowFinish(plan)) : Optional.empty();
  }

  /** Blocks come whole and cut at the lower and right border. */
  private void prepare(GemmPlan plan, int vectors, boolean finishes) {
    GemmShape shape = plan.shape;
    int lastHeight = shape.height().outputs() - (plan.blocksHigh - 1) * plan.blockHeight;
    int lastWidth = shape.width().outputs() - (plan.blocksWide - 1) * plan.blockWidth;
    for (int height : new int[] {plan.blockHeight, lastHeight}) {
      for (int width : new int[] {plan.blockWidth, lastWidth}) {
        TileCut cut = TileCut.of(plan.width, vectors, height * width);
        cuts[vectors][height * width] = cut;
        if (cut.hasTall()) {
          require(plan, vectors, cut.tall(), finishes);
        }
        if (cut.hasLow()) {
          require(plan, vectors, cut.low(), finishes);
        }
      }
    }
  }

  private void require(GemmPlan plan, int vectors, int rows, boolean finishes) {
    GemmShape shape = plan.shape;
    (finishes ? finishing : sums)[vectors][rows] =
        MicroKernels.of(
            TileVariant.of(
                    plan.width,
                    rows,
                    vectors,
                    shape.depthwise(),
                    finishes,
                    finishes && shape.residual().present(),
                    finishes && inRegisters ? shape.activation().kind() : Activation.Kind.NONE)
                .ahead(plan.termBytes(vectors), plan.blockHeight * plan.blockWidth));
  }

  /** The kernel for tiles of this size that stores sums or finishes. */
  MicroKernel kernel(int vectors, int rows, boolean finishes) {
    return (finishes ? finishing : sums)[vectors][rows];
  }

  /** How so many positions of a block are cut. */
  TileCut cut(int vectors, int positions) {
    return cuts[vectors][positions];
  }

  /** Whether kernels that finish leave the activation to {@link #finish}. */
  boolean leavesActivation() {
    return !inRegisters;
  }

  /** What completes the rows that the micro-kernels do not. */
  RowFinish finish() {
    return finish.orElseThrow();
  }
}
