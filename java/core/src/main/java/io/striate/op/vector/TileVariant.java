package io.striate.op.vector;

import io.striate.base.Memory;
import io.striate.op.Activation;

/**
 * Which {@link MicroKernel}: one generated class each.
 *
 * @param rows of a tile
 * @param vectors of a tile
 * @param depthwise whether channel c of a position reads only channel c of the source
 * @param finishes whether it completes its rows, or stores the sums
 * @param adds whether it adds a residual
 * @param kind the activation that it applies
 * @param hoisted whether bounds are checked once for a run of a tap, not at every access; needs
 *     native access, and leaves it to the caller that memory is off-heap and its arena open
 * @param looksAhead whether it reads the weights of the next panel into the cache meanwhile: {@link
 *     WeightsAhead}
 */
record TileVariant(
    Width width,
    int rows,
    int vectors,
    boolean depthwise,
    boolean finishes,
    boolean adds,
    Activation.Kind kind,
    boolean hoisted,
    boolean looksAhead) {
  TileVariant {
    if (looksAhead && !hoisted) {
      throw new IllegalArgumentException("a kernel looks ahead only where checks are hoisted");
    }
  }

  /** With hoisted checks where native access is allowed. */
  static TileVariant of(
      Width width,
      int rows,
      int vectors,
      boolean depthwise,
      boolean finishes,
      boolean adds,
      Activation.Kind kind) {
    boolean hoisted = !depthwise && Memory.whole().isPresent();
    return new TileVariant(width, rows, vectors, depthwise, finishes, adds, kind, hoisted, false);
  }

  /**
   * The same, looking ahead where that pays: for panels of weights that lie in memory in the order
   * of their use.
   *
   * @param panelBytes of a panel
   * @param rows that use it
   */
  TileVariant ahead(long panelBytes, int rows) {
    boolean looks = hoisted && WeightsAhead.pays(panelBytes, rows);
    return new TileVariant(
        width, this.rows, vectors, depthwise, finishes, adds, kind, hoisted, looks);
  }

  /** Whether an activation is so short that the micro-kernel applies it in registers. */
  static boolean isShort(Activation.Kind kind) {
    return switch (kind) {
      case NONE, RELU, LEAKY_RELU, CLIP, HARD_SIGMOID, HARD_SWISH -> true;
      case ELU, SELU, SIGMOID, TANH, SCALED_TANH, GELU, GELU_TANH, SILU -> false;
    };
  }

  String className() {
    return (depthwise ? "Depthwise" : "MicroKernel")
        + width.bits()
        + "_"
        + rows
        + "x"
        + vectors
        + (finishes ? "_" + kind : "_SUMS")
        + (adds ? "_ADD" : "")
        + (hoisted ? "_HOISTED" : "")
        + (looksAhead ? "_AHEAD" : "");
  }
}
