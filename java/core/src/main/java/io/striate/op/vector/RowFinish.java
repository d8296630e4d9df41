package io.striate.op.vector;

import io.striate.op.Activation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The rest of an epilogue, after the bias: {@code dst = activation(sums + residual)} for some rows
 * of a tile.
 *
 * <p>Whole vectors of channels go straight from the sums to the destination. What is left of a row,
 * and rows whose channels do not lie side by side, are completed in the sums (which are whole
 * vectors there) and copied one by one: masked stores are slow below AVX-512, and nothing may be
 * written beyond the last channel.
 */
final class RowFinish {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final int lanes;
  private final float alpha;
  private final float beta;
  private final ElementMap whole;
  private final ElementMap rest;

  /**
   * @param adds whether there is a residual
   * @param partial whether some rows are not whole vectors of neighbouring channels
   */
  RowFinish(Width width, Activation activation, boolean adds, boolean partial) {
    lanes = width.lanes();
    alpha = activation.alpha();
    beta = activation.beta();
    whole = ElementMaps.of(width, activation.kind(), adds);
    rest = adds && partial ? ElementMaps.of(width, activation.kind(), false) : whole;
  }

  /**
   * Finishes {@code rows} rows of {@code channels} channels. All offsets are in bytes; rows are
   * found as in {@link MicroKernel}.
   *
   * @param sums rows of whole vectors; may be the destination itself
   * @param residual added before the activation, unless {@code residualRows} is empty
   * @param residualStep distance of neighbouring channels
   * @param dstStep distance of neighbouring channels
   */
  void run(
      MemorySegment sums,
      long sumsBase,
      long[] sumsRows,
      MemorySegment residual,
      long residualBase,
      long residualStep,
      long[] residualRows,
      MemorySegment dst,
      long dstBase,
      long dstStep,
      long[] dstRows,
      int firstRow,
      int rows,
      int channels) {
    boolean add = residualRows.length > 0;
    boolean dense = dstStep == Float.BYTES && (!add || residualStep == Float.BYTES);
    int vectors = dense ? channels / lanes * lanes : 0;
    for (int r = firstRow; r < firstRow + rows; r++) {
      long from = sumsBase + sumsRows[r];
      long to = dstBase + dstRows[r];
      long other = add ? residualBase + residualRows[r] : 0;
      whole.run(sums, from, residual, other, dst, to, vectors, alpha, beta);
      if (vectors < channels) {
        if (add) {
          addEach(sums, from, residual, other, residualStep, vectors, channels);
        }
        long at = from + 4L * vectors;
        rest.run(sums, at, sums, at, sums, at, channels - vectors, alpha, beta);
        copyEach(sums, from, dst, to, dstStep, vectors, channels);
      }
    }
  }

  private static void addEach(
      MemorySegment sums,
      long at,
      MemorySegment residual,
      long from,
      long step,
      int first,
      int end) {
    for (int c = first; c < end; c++) {
      float sum = sums.get(FLOAT, at + 4L * c) + residual.get(FLOAT, from + step * c);
      sums.set(FLOAT, at + 4L * c, sum);
    }
  }

  private static void copyEach(
      MemorySegment sums, long at, MemorySegment dst, long to, long step, int first, int end) {
    for (int c = first; c < end; c++) {
      dst.set(FLOAT, to + step * c, sums.get(FLOAT, at + 4L * c));
    }
  }
}
