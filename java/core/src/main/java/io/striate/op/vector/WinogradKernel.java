package io.striate.op.vector;

import io.striate.op.KernelRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Convolution of stride 1 or 2 by Winograd's algorithm F(MHxMW,RHxRW), for the {@link WinogradForm
 * forms} of 3x3 and 5x5 kernels and of one row or column of taps.
 *
 * <p>{@code Y = A_h [Σ_c (G_h g G_wᵀ) ⊙ (B_h d B_wᵀ)] A_wᵀ} for every tile of MH x MW outputs
 * ({@link WinogradAxis}). A unit transforms the inputs of a block of tiles, multiplies each of the
 * points as a matrix product, and transforms back ({@link WinogradInputs}, {@link
 * WinogradMultiply}, {@link WinogradOutputs}; blocking: {@link WinogradPlan}). Every output is
 * computed by the same operations in the same order whatever the blocks, so its bits depend on
 * neither threads nor batch. Error: see docs/kernels/conv.md. An infinity or NaN in the source
 * spoils its whole tile.
 */
final class WinogradKernel extends TileKernel {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final int WEIGHTS = 1;

  private final WinogradPlan plan;
  private final WinogradInputs inputs;
  private final WinogradOutputs outputs;
  private final WinogradMultiply multiply;
  private final int bias;
  private final int residual;

  /**
   * @param bias index of the operand, or -1
   * @param residual index of the operand, or -1
   */
  WinogradKernel(String id, KernelRequest request, WinogradPlan plan, int bias, int residual) {
    super(id, request, plan.width, WEIGHTS);
    this.plan = plan;
    this.bias = bias;
    this.residual = residual;
    try {
      MemorySegment weights = allocate(plan.weightBytes());
      pack(request.inputs().get(WEIGHTS).constant().orElseThrow(), weights);
      multiply = new WinogradMultiply(plan, weights, allocate(plan.productRow));
      inputs = new WinogradInputs(plan);
      outputs = new WinogradOutputs(plan);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void pack(MemorySegment from, MemorySegment packed) {
    GemmShape shape = plan.shape;
    int taps = shape.weightTaps().length;
    int points = plan.form.points();
    for (int group = 0; group < plan.groups; group++) {
      for (int panel = 0; panel < plan.panels(); panel++) {
        int lanes = plan.panelVectors(panel) * plan.width.lanes();
        int first = plan.firstVector[panel] * plan.width.lanes();
        int valid = Math.min(lanes, shape.outChannels() - first);
        double[] filters = new double[taps * lanes]; // those past the last channel stay 0
        double[] row = new double[plan.wide.taps * lanes];
        double[] values = new double[points * lanes];
        float[] line = new float[lanes];
        for (int c = 0; c < shape.channels(); c++) {
          long at = shape.weightSets()[group] + c * shape.weightStep();
          for (int o = 0; o < valid; o++) {
            for (int k = 0; k < taps; k++) {
              long tap = at + (first + o) * shape.weightOutStep() + shape.weightTaps()[k];
              filters[k * lanes + o] = from.get(FLOAT, 4 * tap);
            }
          }
          WinogradAxis.weights(plan.high, plan.wide, lanes, filters, row, values);
          for (int p = 0; p < points; p++) {
            round(values, p * lanes, line);
            long to = plan.weightsAt(group, p, panel) + 4L * c * lanes;
            MemorySegment.copy(line, 0, packed, FLOAT, to, lanes);
          }
        }
      }
    }
  }

  private static void round(double[] from, int at, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = (float) from[at + i];
    }
  }

  @Override
  public int tiles() {
    return plan.units();
  }

  @Override
  public long scratchBytes() {
    return plan.scratchBytes;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    MemorySegment biases = bias < 0 ? MemorySegment.NULL : in[bias];
    MemorySegment residuals = residual < 0 ? MemorySegment.NULL : in[residual];
    int transformed = -1; // the block whose V is in scratch
    for (int unit = first; unit < last; unit++) {
      int part = unit % plan.parts();
      int block = unit / plan.parts();
      int group = block / plan.blocks();
      int begin = plan.firstSegment[block % plan.blocks()];
      int end = plan.firstSegment[block % plan.blocks() + 1];
      if (block != transformed) {
        int tile = 0;
        for (int s = begin; s < end; s++) {
          inputs.transform(group, s, tile, in[0], scratch);
          tile += plan.segmentTiles(s);
        }
      }
      multiply.run(group, part, plan.tiles(block % plan.blocks()), scratch);
      outputs.bias(group, biases, scratch);
      int tile = 0;
      for (int s = begin; s < end; s++) {
        outputs.transform(group, part, s, tile, residuals, out, scratch);
        tile += plan.segmentTiles(s);
      }
      transformed = plan.staged ? -1 : block; // staged outputs lie on V
    }
  }
}
