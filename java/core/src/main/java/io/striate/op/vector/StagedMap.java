package io.striate.op.vector;

import io.striate.op.Activation;
import java.lang.foreign.MemorySegment;

/**
 * A {@link LineMap} for lines of any length and strides. Contiguous lines of a vector or more run
 * in place; others are gathered into scratch piece by piece, computed there and scattered. Elements
 * are computed by the same instructions on either way.
 */
final class StagedMap {
  private static final int PIECE = 256;
  private static final long PIECE_BYTES = PIECE * TileKernel.ELEMENT;

  private final Width width;
  private final Activation activation;
  private final int sources;
  private final boolean inPlace;
  private final long[] steps;
  private final LineMap direct;
  private final LineMap staged;

  /**
   * The map for operands with these distances of neighbouring elements.
   *
   * @param steps of the destination, then of the sources; 0: constant along the line
   */
  StagedMap(Width width, LineFunction function, Activation activation, long... steps) {
    this.width = width;
    this.activation = activation;
    this.sources = function.sources;
    this.steps = steps;
    int constant = 0;
    boolean contiguous = steps[0] == TileKernel.ELEMENT;
    for (int s = 0; s < sources; s++) {
      constant |= steps[s + 1] == 0 ? 1 << s : 0;
      contiguous &= steps[s + 1] == 0 || steps[s + 1] == TileKernel.ELEMENT;
    }
    inPlace = contiguous;
    staged = LineMaps.of(width, function, 0, activation.kind());
    direct = contiguous ? LineMaps.of(width, function, constant, activation.kind()) : staged;
  }

  /** Bytes of scratch that a run needs. */
  long scratchBytes() {
    return (sources + 1) * PIECE_BYTES;
  }

  /** Computes {@code count} elements with the activation's own parameters. */
  void run(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      MemorySegment d,
      long dAt,
      MemorySegment dst,
      long dstAt,
      int count,
      MemorySegment scratch,
      long scratchAt) {
    run(
        a,
        aAt,
        b,
        bAt,
        c,
        cAt,
        d,
        dAt,
        dst,
        dstAt,
        count,
        activation.alpha(),
        activation.beta(),
        scratch,
        scratchAt);
  }

  /** Computes {@code count} elements. */
  void run(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      MemorySegment d,
      long dAt,
      MemorySegment dst,
      long dstAt,
      int count,
      float alpha,
      float beta,
      MemorySegment scratch,
      long scratchAt) {
    int first = 0;
    if (inPlace && count >= width.lanes()) {
      int rest = count % width.lanes();
      boolean overlaps =
          rest != 0
              && (isOnto(dst, dstAt, a, aAt)
                  || isOnto(dst, dstAt, b, bAt)
                  || isOnto(dst, dstAt, c, cAt)
                  || isOnto(dst, dstAt, d, dAt));
      first = overlaps ? count - rest : count;
      direct.run(a, aAt, b, bAt, c, cAt, d, dAt, dst, dstAt, first - width.lanes(), alpha, beta);
    }
    long aTo = scratchAt;
    long bTo = aTo + PIECE_BYTES;
    long cTo = bTo + PIECE_BYTES;
    long dTo = cTo + PIECE_BYTES;
    long to = scratchAt + sources * PIECE_BYTES;
    for (int i = first; i < count; i += PIECE) {
      int n = Math.min(PIECE, count - i);
      int padded = Math.max(n, width.lanes());
      stage(a, aAt, 0, i, n, padded, scratch, aTo);
      stage(b, bAt, 1, i, n, padded, scratch, bTo);
      stage(c, cAt, 2, i, n, padded, scratch, cTo);
      stage(d, dAt, 3, i, n, padded, scratch, dTo);
      staged.run(
          scratch,
          aTo,
          scratch,
          bTo,
          scratch,
          cTo,
          scratch,
          dTo,
          scratch,
          to,
          padded - width.lanes(),
          alpha,
          beta);
      Elements.copy(scratch, to, TileKernel.ELEMENT, dst, dstAt + i * steps[0], steps[0], n);
    }
  }

  private static boolean isOnto(MemorySegment dst, long dstAt, MemorySegment src, long srcAt) {
    return dst.address() + dstAt == src.address() + srcAt;
  }

  private void stage(
      MemorySegment from,
      long at,
      int source,
      int first,
      int count,
      int padded,
      MemorySegment scratch,
      long to) {
    if (source >= sources) {
      return;
    }
    long step = steps[source + 1];
    Elements.copy(from, at + first * step, step, scratch, to, TileKernel.ELEMENT, count);
    // whatever scratch held could be slow to compute with
    Elements.fill(scratch, to + count * TileKernel.ELEMENT, TileKernel.ELEMENT, padded - count, 1);
  }
}
