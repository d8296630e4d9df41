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
  private final ElementMap plain;
  private final ElementMap adding;

  RowFinish(Width width, Activation activation) {
    lanes = width.lanes();
    alpha = activation.alpha();
    beta = activation.beta();
    plain = ElementMaps.of(width, activation.kind(), false);
    adding = ElementMaps.of(width, activation.kind(), true);
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
    int whole = dense ? channels / lanes * lanes : 0;
    for (int r = firstRow; r < firstRow + rows; r++) {
      long from = sumsBase + sumsRows[r];
      long to = dstBase + dstRows[r];
      long other = add ? residualBase + residualRows[r] : 0;
      (add ? adding : plain).run(sums, from, residual, other, dst, to, whole, alpha, beta);
      if (whole < channels) {
        if (add) {
          addEach(sums, from, residual, other, residualStep, whole, channels);
        }
        long rest = from + 4L * whole;
        plain.run(sums, rest, sums, rest, sums, rest, channels - whole, alpha, beta);
        copyEach(sums, from, dst, to, dstStep, whole, channels);
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
