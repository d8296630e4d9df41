package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/**
 * One register tile of a matrix product whose left rows are found through a table: R rows (output
 * pixels) by V vectors of output channels.
 *
 * <p>{@code dst[r][c] = init[r][c] + Σ_t Σ_i src[row(r) + tap(t) + i]·weights[t][i][c]}, where i
 * runs over a contiguous run. All offsets are in bytes.
 */
@FunctionalInterface
interface MicroKernel {

  /**
   * Computes one tile.
   *
   * @param src source, f32
   * @param srcBase added to every row
   * @param rows row r begins at {@code srcBase + rows[firstRow + r]}
   * @param taps tap t adds {@code taps[t]}; {@code firstTap} (inclusive) to {@code lastTap}
   *     (exclusive) are summed
   * @param run elements of a tap
   * @param weights packed [tap][run][V·lanes] from {@code weightsAt} on
   * @param init what the sums begin with: row r at {@code initAt + r·initStep}, V·lanes elements
   * @param dst row r goes to {@code dstBase + dstRows[firstRow + r]}, V·lanes elements
   */
  void run(
      MemorySegment src,
      long srcBase,
      long[] rows,
      int firstRow,
      long[] taps,
      int firstTap,
      int lastTap,
      int run,
      MemorySegment weights,
      long weightsAt,
      MemorySegment init,
      long initAt,
      long initStep,
      MemorySegment dst,
      long dstBase,
      long[] dstRows);
}
