package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * The right-hand side of a product: for every group, lane (output channel or column) and tap, a run
 * of n numbers. Constants are packed as [group][block of lanes][tap][i][lane in block], missing
 * lanes zero; others are read where they lie.
 */
final class Weights {
  private final float[] packed;
  private final long[] groupAt;
  private final long[] tapAt;
  private final int lanes;
  private final int n;
  private final long laneStep;
  private final long runStep;
  private final int operand;

  private Weights(
      Sources sources,
      int operand,
      long[] groupAt,
      long[] tapAt,
      int lanes,
      int n,
      long laneStep,
      long runStep) {
    this.groupAt = groupAt;
    this.tapAt = tapAt;
    this.lanes = lanes;
    this.n = n;
    this.laneStep = laneStep;
    this.runStep = runStep;
    this.operand = operand;
    this.packed = sources.take(operand).map(this::pack).orElse(new float[0]);
  }

  /**
   * The weights of an operand.
   *
   * @param groupAt byte offset of every group
   * @param tapAt byte offset of every tap
   */
  static Weights of(
      Sources sources,
      int operand,
      long[] groupAt,
      long[] tapAt,
      long lanes,
      long n,
      long laneStep,
      long runStep) {
    return new Weights(
        sources,
        operand,
        groupAt,
        tapAt,
        Math.toIntExact(lanes),
        Math.toIntExact(n),
        laneStep,
        runStep);
  }

  /** Lanes of a group. */
  int lanes() {
    return lanes;
  }

  /** Length of a run. */
  int n() {
    return n;
  }

  /** Blocks of lanes in a group. */
  int blocks() {
    return (lanes + Dot.LANES - 1) / Dot.LANES;
  }

  /** Lanes in a block. */
  int lanesOf(int block) {
    return Math.min(Dot.LANES, lanes - block * Dot.LANES);
  }

  long packedBytes() {
    return (long) packed.length * Float.BYTES;
  }

  private float[] pack(MemorySegment data) {
    long size = (long) groupAt.length * blocks() * tapAt.length * n * Dot.LANES;
    float[] out = new float[Math.toIntExact(size)];
    for (int group = 0; group < groupAt.length; group++) {
      for (int block = 0; block < blocks(); block++) {
        for (int tap = 0; tap < tapAt.length; tap++) {
          int p = index(group, block, tap);
          long at = groupAt[group] + tapAt[tap] + (long) block * Dot.LANES * laneStep;
          for (int i = 0; i < n; i++) {
            for (int lane = 0; lane < lanesOf(block); lane++) {
              out[p + i * Dot.LANES + lane] = data.get(FLOAT, at + i * runStep + lane * laneStep);
            }
          }
        }
      }
    }
    return out;
  }

  private int index(int group, int block, int tap) {
    return ((group * blocks() + block) * tapAt.length + tap) * n * Dot.LANES;
  }

  /** Adds the products of one tap with a run of x to the sums of one block. */
  void add(
      Dot dot,
      MemorySegment sums,
      MemorySegment[] in,
      long at,
      long step,
      int group,
      int block,
      int tap) {
    if (packed.length > 0) {
      dot.add(sums, in[0], at, step, n, packed, index(group, block, tap));
    } else {
      long wAt = groupAt[group] + tapAt[tap] + (long) block * Dot.LANES * laneStep;
      dot.add(sums, in[0], at, step, n, in[operand], wAt, runStep, laneStep, lanesOf(block));
    }
  }
}
