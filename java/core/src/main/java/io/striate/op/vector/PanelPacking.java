package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packs weights as the micro-kernel reads them: [panel][term][vectors of the panel · lanes], zeros
 * past the last channel.
 */
final class PanelPacking {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private PanelPacking() {}

  /** Packs all panels of all sets, one after the other. */
  static void all(GemmPlan plan, MemorySegment weights, MemorySegment packed) {
    for (int set = 0; set < plan.shape.weightSets().length; set++) {
      for (int panel = 0; panel < plan.panels(); panel++) {
        panel(plan, set, panel, weights, packed, panelAt(plan, set, panel));
      }
    }
  }

  /** Byte offset of a panel in what {@link #all} packs. */
  static long panelAt(GemmPlan plan, int set, int panel) {
    return set * plan.setBytes()
        + (long) plan.firstVector[panel] * plan.shape.terms() * plan.width.bytes();
  }

  /** Packs one panel to byte offset {@code at}. */
  static void panel(
      GemmPlan plan, int set, int panel, MemorySegment weights, MemorySegment packed, long at) {
    GemmShape shape = plan.shape;
    int first = plan.firstVector[panel] * plan.width.lanes();
    int columns = plan.panelVectors(panel) * plan.width.lanes();
    int valid = Math.min(columns, shape.outChannels() - first);
    long base = shape.weightSets()[set] + first * shape.weightOutStep();
    long to = at;
    for (int t = 0; t < shape.taps(); t++) {
      int filled = shape.weightTaps()[t] == GemmShape.NO_WEIGHTS ? 0 : valid;
      for (int k = 0; k < (shape.depthwise() ? 1 : shape.channels()); k++) {
        term(
            weights,
            base + shape.weightTaps()[t] + k * shape.weightStep(),
            shape.weightOutStep(),
            filled,
            columns,
            packed,
            to);
        to += 4L * columns;
      }
    }
  }

  private static void term(
      MemorySegment weights,
      long from,
      long step,
      int valid,
      int columns,
      MemorySegment packed,
      long to) {
    for (int c = 0; c < valid; c++) {
      packed.set(FLOAT, to + 4L * c, weights.get(FLOAT, 4 * (from + c * step)));
    }
    for (int c = valid; c < columns; c++) {
      packed.set(FLOAT, to + 4L * c, 0f);
    }
  }

  /** Bytes of what {@link #allInitial} packs. */
  static long initialBytes(GemmPlan plan) {
    return initialAt(plan, plan.shape.weightSets().length, 0);
  }

  /** Packs what the sums of all panels of all sets begin with. */
  static void allInitial(GemmPlan plan, MemorySegment bias, MemorySegment packed) {
    for (int set = 0; set < plan.shape.weightSets().length; set++) {
      for (int panel = 0; panel < plan.panels(); panel++) {
        initial(plan, set, panel, bias, packed, initialAt(plan, set, panel));
      }
    }
  }

  /** Byte offset of a panel in what {@link #allInitial} packs. */
  static long initialAt(GemmPlan plan, int set, int panel) {
    return ((long) set * plan.vectors + plan.firstVector[panel]) * plan.width.bytes();
  }

  /**
   * Packs what the sums of a panel begin with to byte offset {@code at}: its bias, zeros past the
   * last channel.
   *
   * @param bias empty for none
   */
  static void initial(
      GemmPlan plan, int set, int panel, MemorySegment bias, MemorySegment packed, long at) {
    GemmShape shape = plan.shape;
    int columns = plan.panelVectors(panel) * plan.width.lanes();
    int valid = bias.byteSize() > 0 ? plan.panelChannels(panel) : 0;
    long first = (long) plan.firstVector[panel] * plan.width.lanes();
    long from = valid > 0 ? shape.biasSets()[set] + first * shape.biasStep() : 0;
    term(bias, from, shape.biasStep(), valid, columns, packed, at);
  }
}
