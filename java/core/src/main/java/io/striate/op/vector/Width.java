package io.striate.op.vector;

import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A vector width that kernels are specialised for, with the register budget that its tiles are cut
 * to.
 */
final class Width {
  /** SSE and NEON: 16 registers are safe to assume. */
  private static final Width W128 = new Width(FloatVector.SPECIES_128, 9, 4, 3);

  /** AVX2: 16 registers. */
  private static final Width W256 = new Width(FloatVector.SPECIES_256, 9, 4, 3);

  /** AVX-512: 32 registers. */
  private static final Width W512 = new Width(FloatVector.SPECIES_512, 10, 10, 7, 6);

  /** Every supported width. */
  static final List<Width> ALL = List.of(W128, W256, W512);

  private final VectorSpecies<Float> species;
  private final int[] rows;

  /**
   * A width.
   *
   * @param rows {@code rows[v-1]}: most rows of a tile of v vectors. C2 loads all weights and
   *     elements of the source at the head of a step, and what does not fit the registers beside
   *     the accumulators it keeps in memory, a chain of store and load per step. Measured at 512
   *     bits (Zen 5): 6x4, 7x3 and 10x2 reach 96 to 97 % of FMA peak, 7x4, 8x3 and 12x2 50 to 70 %.
   *     12x1 falls behind (probably C2 keeps addresses of its rows in memory): 64 channels to 80,
   *     73x73, 75 % of peak with it, 88 with 10x1; 3x3 of 16 channels, 32x32, by Winograd 61 and
   *     90; 64 in 4 groups, 56x56, 430 and 299 us. At 256 bits (Zen 3, 96 GFLOP/s, 256 terms): 3x3
   *     87 to 95 GFLOP/s, 4x2 89, 2x4 87, 2x5 90, 9x1 60 and 8x1 48, but 4x3, 3x4, 5x2 and 6x2 36
   *     to 43, even with tests between the rows that keep their loads apart.
   */
  private Width(VectorSpecies<Float> species, int... rows) {
    this.species = species;
    this.rows = rows;
  }

  /** The width with this number of bits. */
  static Width of(int bits) {
    return ALL.stream()
        .filter(w -> w.bits() == bits)
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "vector width is " + bits + " bits; use 128, 256 or 512"));
  }

  /** The width in bits that the JVM prefers; may be one that is not here. */
  static int preferredBits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }

  /** The widest that the JVM prefers. */
  static Width preferred() {
    return of(Math.min(preferredBits(), 512));
  }

  VectorSpecies<Float> species() {
    return species;
  }

  int bits() {
    return species.vectorBitSize();
  }

  /** f32 lanes of one vector. */
  int lanes() {
    return species.length();
  }

  /** Bytes of one vector. */
  int bytes() {
    return species.vectorByteSize();
  }

  /** Most vectors side by side in a tile. */
  int maxVectors() {
    return rows.length;
  }

  /** Most rows of a tile that is {@code vectors} wide. */
  int maxRows(int vectors) {
    return rows[vectors - 1];
  }

  /**
   * Rows of a lower tile that, mixed with tiles of {@link #maxRows}, covers any larger number of
   * rows without waste. Only the widest tile has one; every further size would cost its time in the
   * JIT.
   */
  int lowerRows(int vectors) {
    return maxRows(vectors) - (vectors == maxVectors() ? 1 : 0);
  }
}
