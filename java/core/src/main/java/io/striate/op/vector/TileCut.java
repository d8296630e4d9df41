package io.striate.op.vector;

/**
 * How the positions of a block are cut into tiles: tall ones, then lower ones. The last is moved up
 * so that it ends with the block; rows that two tiles share are computed twice, to the same bits.
 * Positions too few for a low tile are one tile of their own.
 *
 * @param tall rows of the first tiles
 * @param low rows of the others
 * @param firstLow where the low tiles begin
 * @param end number of positions
 */
record TileCut(int tall, int low, int firstLow, int end) {

  /** The cut for tiles of this many vectors. */
  static TileCut of(Width width, int vectors, int positions) {
    int tall = width.maxRows(vectors);
    int low = width.lowerRows(vectors);
    if (positions < low) {
      return new TileCut(positions, positions, positions, positions);
    }
    int count = Math.ceilDiv(positions, tall);
    int firstLow = tall == low ? positions : tall * Math.max(0, positions - count * low);
    return new TileCut(tall, low, firstLow, positions);
  }

  /** Whether there are low tiles. */
  boolean hasLow() {
    return firstLow < end;
  }

  /** Whether there are tall tiles. */
  boolean hasTall() {
    return firstLow > 0;
  }

  /** The slot of the last tile. */
  int lastSlot() {
    int rows = hasLow() ? low : tall;
    int first = hasLow() ? firstLow : 0;
    return first + (end - first - 1) / rows * rows;
  }

  /** The row that the last tile begins with. */
  int lastRow() {
    return end - (hasLow() ? low : tall);
  }
}
