package io.striate.op.vector;

/** The generated kernels that a {@link GemmPlan} needs, chosen when the kernel is created. */
final class TileKernels {
  private final MicroKernel[][] kernels;
  private final long[][] sumsRows;
  private final RowFinish finish;

  TileKernels(GemmPlan plan) {
    GemmShape shape = plan.shape;
    kernels = new MicroKernel[plan.width.maxVectors() + 1][];
    sumsRows = new long[plan.width.maxVectors() + 1][];
    for (int p = 0; p < plan.panels(); p++) {
      if (kernels[plan.panelVectors(p)] == null) {
        prepare(plan, plan.panelVectors(p));
      }
    }
    finish =
        new RowFinish(
            plan.width,
            shape.activation(),
            shape.residual().present(),
            shape.outChannels() % plan.width.lanes() != 0
                || shape.dst().channel() != 1
                || shape.residual().channel() != 1);
  }

  /** Blocks come whole and cut at the lower and right border; few positions go row by row. */
  private void prepare(GemmPlan plan, int vectors) {
    GemmShape shape = plan.shape;
    int low = plan.width.lowerRows(vectors);
    int tall = plan.width.maxRows(vectors);
    kernels[vectors] = new MicroKernel[tall + 1];
    int lastHeight = shape.height().outputs() - (plan.blocksHigh - 1) * plan.blockHeight;
    int lastWidth = shape.width().outputs() - (plan.blocksWide - 1) * plan.blockWidth;
    for (int height : new int[] {plan.blockHeight, lastHeight}) {
      for (int width : new int[] {plan.blockWidth, lastWidth}) {
        int positions = height * width;
        if (positions < low) {
          require(plan, vectors, 1);
        } else {
          require(plan, vectors, tall);
          require(plan, vectors, positions % tall == 0 ? tall : low);
        }
      }
    }
    sumsRows[vectors] = new long[plan.blockHeight * plan.blockWidth];
    for (int i = 0; i < sumsRows[vectors].length; i++) {
      sumsRows[vectors][i] = (long) i * vectors * plan.width.bytes();
    }
  }

  private void require(GemmPlan plan, int vectors, int rows) {
    kernels[vectors][rows] = MicroKernels.of(plan.width, rows, vectors, plan.shape.depthwise());
  }

  MicroKernel kernel(int vectors, int rows) {
    return kernels[vectors][rows];
  }

  /** Byte offsets of the sums of every position, for panels this wide. */
  long[] sumsRows(int vectors) {
    return sumsRows[vectors];
  }

  RowFinish finish() {
    return finish;
  }
}
