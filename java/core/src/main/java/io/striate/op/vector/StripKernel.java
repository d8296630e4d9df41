package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/**
 * Strips of convolution in groups of G channels, R neighbouring output pixels in some rows below
 * each other, made by {@link StripKernels}.
 *
 * <p>{@code dst[o][r][c] = activation(bias[c] + Σ_{h,w,k} src[o][h][r·S + w·D][c/G·G +
 * k]·weights[c][h][k][w] + residual[o][r][c])} for rows o, kernel rows h that lie inside of the
 * image, and columns that do; which columns those are is known to the class. All offsets and steps
 * are in bytes.
 */
@FunctionalInterface
interface StripKernel {

  /**
   * Computes some rows of a strip, for some vectors of channels.
   *
   * @param srcAt column 0 of the strip in row 0 of the source; may lie before the row
   * @param srcColumn from column to column
   * @param srcTap from the source row of a kernel row to that of the next
   * @param srcRows by output row: the source row of its first kernel row inside
   * @param weights [vector of channels][kernel row][channel of the group][kernel column][lanes]
   * @param weightsFrom by output row: its first kernel row inside in a vector's weights
   * @param weightsTo by output row: the end of its kernel rows inside; above {@code weightsFrom}
   * @param laneWeights bytes of weights of one channel
   * @param bias dense, all channels
   * @param firstRow first output row (inclusive)
   * @param endRow last output row (exclusive)
   * @param firstLane first channel, a multiple of the lanes
   * @param endLane channels end here
   * @param lastLane channel that a vector may begin with at most: one that would begin behind it is
   *     moved up to it, with the weights of its own
   * @param dstAt pixel 0 of the first row; {@code dstPixel} and {@code dstRow} lead to others
   * @param residualAt likewise, read if the kernel adds it
   */
  void run(
      MemorySegment src,
      long srcAt,
      long srcColumn,
      long srcTap,
      long[] srcRows,
      MemorySegment weights,
      long[] weightsFrom,
      long[] weightsTo,
      long laneWeights,
      MemorySegment bias,
      int firstRow,
      int endRow,
      int firstLane,
      int endLane,
      int lastLane,
      MemorySegment dst,
      long dstAt,
      long dstPixel,
      long dstRow,
      MemorySegment residual,
      long residualAt,
      long residualPixel,
      long residualRow,
      float alpha,
      float beta);
}
