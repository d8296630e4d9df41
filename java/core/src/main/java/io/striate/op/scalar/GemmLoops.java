package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Gemm;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Matrix products; a position is one row of one matrix and {@value Dot#LANES} columns. */
final class GemmLoops implements Loops {
  private final Dot dot;
  private final long rows;
  private final long rowStep;
  private final long innerStep;
  private final long dstRow;
  private final long dstColumn;
  private final long residualRow;
  private final long residualColumn;
  private final long[] aAt;
  private final int[] bGroup;
  private final long[] dstAt;
  private final long[] residualAt;
  private final Weights weights;
  private final Finish finish;

  private GemmLoops(Gemm op, Sources sources, Dot dot) {
    this.dot = dot;
    View a = sources.view(0);
    View b = sources.takenView(1);
    View dst = sources.output();
    int last = dst.rank() - 1;
    this.finish = new Finish(sources, op.epilogue(), 2, dot);
    this.rows = dst.dims[last - 1];
    this.rowStep = a.strides[a.rank() - (op.transA() ? 1 : 2)];
    this.innerStep = a.strides[a.rank() - (op.transA() ? 2 : 1)];
    this.dstRow = dst.strides[last - 1];
    this.dstColumn = dst.strides[last];
    this.residualRow = finish.residualView.strides[last - 1];
    this.residualColumn = finish.residualView.strides[last];

    long[] lead = Arrays.copyOf(dst.dims, last - 1);
    this.aAt = offsets(leading(a), lead);
    this.dstAt = offsets(leading(dst), lead);
    this.residualAt = offsets(leading(finish.residualView), lead);
    View bLead = leading(b);
    long[] bOffsets = offsets(bLead, bLead.dims);
    this.bGroup = groups(bLead.dims, lead);
    int laneAxis = b.rank() - (op.transB() ? 2 : 1);
    int runAxis = b.rank() - (op.transB() ? 1 : 2);
    this.weights =
        Weights.of(
            sources,
            1,
            bOffsets,
            new long[] {0},
            b.dims[laneAxis],
            b.dims[runAxis],
            b.strides[laneAxis],
            b.strides[runAxis]);
  }

  private static View leading(View v) {
    return v.truncated(v.rank() - 2);
  }

  /** Byte offset of every matrix of a broadcast view. */
  private static long[] offsets(View v, long[] lead) {
    View wide = v.broadcastTo(lead);
    long[] out = new long[Math.toIntExact(wide.elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] = wide.offset;
      long rest = i;
      for (int axis = lead.length - 1; axis >= 0; axis--) {
        out[i] += rest % lead[axis] * wide.strides[axis];
        rest /= lead[axis];
      }
    }
    return out;
  }

  /** For every product, which matrix of b it uses, counted row-major. */
  private static int[] groups(long[] b, long[] lead) {
    View counting = View.counting(b);
    return Arrays.stream(offsets(counting, lead)).mapToInt(Math::toIntExact).toArray();
  }

  static Plan plan(Gemm op, Sources sources, Dot dot) {
    GemmLoops loops = new GemmLoops(op, sources, dot);
    long positions = loops.dstAt.length * loops.rows * loops.weights.blocks();
    return new Plan(positions, Dot.SCRATCH_BYTES, loops.weights.packedBytes(), loops);
  }

  @Override
  public void compute(long position, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final int block = (int) (position % weights.blocks());
    long rest = position / weights.blocks();
    final long row = rest % rows;
    final int product = (int) (rest / rows);
    dot.clear(scratch);
    weights.add(
        dot, scratch, in, aAt[product] + row * rowStep, innerStep, bGroup[product], block, 0);
    for (int lane = 0; lane < weights.lanesOf(block); lane++) {
      long column = (long) block * Dot.LANES + lane;
      long residual = residualAt[product] + row * residualRow + column * residualColumn;
      float value = finish.value(in, scratch, lane, column, residual);
      out.set(FLOAT, dstAt[product] + row * dstRow + column * dstColumn, value);
    }
  }
}
