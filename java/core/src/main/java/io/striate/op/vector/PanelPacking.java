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
    long base = shape.weightSets()[set];
    long to = at;
    for (int t = 0; t < shape.taps(); t++) {
      boolean has = shape.weightTaps()[t] != GemmShape.NO_WEIGHTS;
      for (int k = 0; k < (shape.depthwise() ? 1 : shape.channels()); k++) {
        long from = base + shape.weightTaps()[t] + k * shape.weightStep();
        to = term(plan, panel, weights, from, shape.weightOutStep(), has, packed, to);
      }
    }
  }

  /** One element per channel of a panel, zeros past the last channel; returns where it ends. */
  private static long term(
      GemmPlan plan,
      int panel,
      MemorySegment from,
      long base,
      long step,
      boolean has,
      MemorySegment packed,
      long at) {
    int lanes = plan.width.lanes();
    long to = at;
    for (int v = 0; v < plan.panelVectors(panel); v++) {
      int channel = plan.vectorChannel(panel, v);
      int valid = has ? Math.min(lanes, plan.shape.outChannels() - channel) : 0;
      for (int c = 0; c < valid; c++) {
        packed.set(FLOAT, to + 4L * c, from.get(FLOAT, 4 * (base + (channel + c) * step)));
      }
      for (int c = valid; c < lanes; c++) {
        packed.set(FLOAT, to + 4L * c, 0f);
      }
      to += plan.width.bytes();
    }
    return to;
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
    boolean has = bias.byteSize() > 0;
    long base = has ? shape.biasSets()[set] : 0;
    term(plan, panel, bias, base, shape.biasStep(), has, packed, at);
  }
}
