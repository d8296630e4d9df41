package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/**
 * Register tiles of a matrix product whose left rows are found through a table: R rows (output
 * pixels) by V vectors of output channels, for a range of rows.
 *
 * <p>{@code sum[r][c] = init[r][c] + Σ_t Σ_i src[row(r) + tap(t) + i]·weights[t][i][c]}, where i
 * runs over a contiguous run. A kernel that finishes stores {@code dst[r][c] = activation(sum[r][c]
 * + residual[r][c])}, others store the sums. All offsets are in bytes.
 */
@FunctionalInterface
interface MicroKernel {

  /**
   * Computes the rows from {@code firstSlot} to {@code endSlot}, R at a time. The slot of a row is
   * its number, except in a tile that would begin after {@code lastRow}: that one is moved up to
   * it, so that it ends with the last row of the block.
   *
   * @param src source, f32
   * @param srcBase added to every row
   * @param rows row r begins at {@code srcBase + rows[r]}
   * @param lastRow the last row that a tile may begin with
   * @param taps tap t adds {@code taps[t]}; {@code firstTap} (inclusive) to {@code lastTap}
   *     (exclusive) are summed
   * @param run bytes of source of a tap, above 0
   * @param weights packed [tap][run][V·lanes] from {@code weightsAt} on
   * @param init what the sums begin with: slot s at {@code initAt + s·initStep}, V·lanes elements
   * @param dst row r goes to {@code dstBase + dstRows[r]}, V·lanes elements; sums go by slot, side
   *     by side from {@code dstBase} on
   * @param lastBack bytes that the last vector of a finished row lies before its place, over the
   *     one before it
   * @param residual row r at {@code residualBase + residualRows[r]}, read if the kernel adds it
   * @param alpha first parameter of the activation
   * @param beta second parameter of the activation
   * @return a number without meaning, for which the weights after these were read: {@link
   *     WeightsAhead}
   * @throws IndexOutOfBoundsException if something read or written lies outside of its segment;
   *     other results may have been written before
   */
  int run(
      MemorySegment src,
      long srcBase,
      long[] rows,
      int firstSlot,
      int endSlot,
      int lastRow,
      long[] taps,
      int firstTap,
      int lastTap,
      long run,
      MemorySegment weights,
      long weightsAt,
      MemorySegment init,
      long initAt,
      long initStep,
      MemorySegment dst,
      long dstBase,
      long[] dstRows,
      long lastBack,
      MemorySegment residual,
      long residualBase,
      long[] residualRows,
      float alpha,
      float beta);
}
