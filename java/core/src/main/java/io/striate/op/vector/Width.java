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
  private static final Width W128 = new Width(FloatVector.SPECIES_128, 10, 6);

  /** AVX2: 16 registers. */
  private static final Width W256 = new Width(FloatVector.SPECIES_256, 10, 6);

  /** AVX-512: 32 registers. */
  private static final Width W512 = new Width(FloatVector.SPECIES_512, 12, 10, 7, 6);

  /** Every supported width. */
  static final List<Width> ALL = List.of(W128, W256, W512);

  private final VectorSpecies<Float> species;
  private final int[] rows;

  /**
   * A width.
   *
   * @param rows {@code rows[v-1]}: most rows of a tile of v vectors, so that rows·v accumulators, v
   *     weights and one broadcast fit the registers with one or two to spare. Measured on Zen 5 at
   *     512 bits: 6x4, 7x3 and 10x2 reach 96 to 97 % of FMA peak, while 7x4, 8x3 and 12x2 fall to
   *     50 to 70 % because C2 spills.
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
