package io.striate.op.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packs weights as the micro-kernel reads them: [panel][term][vectors of the panel · lanes], zeros
 * past the last channel.
 *
 * <p>Products of two matrices that are both given at run pack one in every run: of 1024 x 1024 with
 * the second transposed, 37 ms took 19 to 22 when channels were packed 16 at a time instead of one
 * after the other, which read a cache line per element (Zen 5, 512 bits, one thread).
 */
final class PanelPacking {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Channels that are packed at a time: what follows each other in memory is read at once. */
  private static final int BLOCK = 16;

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
    int channels = shape.depthwise() ? 1 : shape.channels();
    long termBytes = (long) plan.panelVectors(panel) * plan.width.bytes();
    for (int k = 0; k < channels; k += BLOCK) {
      int count = Math.min(BLOCK, channels - k);
      for (int t = 0; t < shape.taps(); t++) {
        boolean has = shape.weightTaps()[t] != GemmShape.NO_WEIGHTS;
        long from = shape.weightSets()[set] + shape.weightTaps()[t] + k * shape.weightStep();
        long to = at + ((long) t * channels + k) * termBytes;
        for (int v = 0; v < plan.panelVectors(panel); v++) {
          int channel = plan.vectorChannel(panel, v);
          int valid = has ? shape.outChannels() - channel : 0;
          vectors(
              weights,
              from + channel * shape.weightOutStep(),
              shape.weightStep(),
              shape.weightOutStep(),
              Math.min(plan.width.lanes(), valid),
              packed,
              to + (long) v * plan.width.bytes(),
              termBytes,
              count,
              plan.width.lanes());
        }
      }
    }
  }

  /**
   * {@code count} vectors, whose elements lie {@code step} and whose lanes lie {@code laneStep}
   * apart in {@code from}, to byte offset {@code at} and on, {@code pitch} bytes apart; zeros in
   * the lanes from {@code valid} on.
   */
  private static void vectors(
      MemorySegment from,
      long base,
      long step,
      long laneStep,
      int valid,
      MemorySegment packed,
      long at,
      long pitch,
      int count,
      int lanes) {
    boolean across = laneStep < step; // what lies together is read together
    int outer = across ? count : valid;
    int inner = across ? valid : count;
    for (int i = 0; i < outer; i++) {
      for (int j = 0; j < inner; j++) {
        int vector = across ? i : j;
        int lane = across ? j : i;
        float value = from.get(FLOAT, 4 * (base + lane * laneStep + vector * step));
        packed.set(FLOAT, at + vector * pitch + 4L * lane, value);
      }
    }
    for (int lane = valid; lane < lanes; lane++) {
      for (int i = 0; i < count; i++) {
        packed.set(FLOAT, at + i * pitch + 4L * lane, 0f);
      }
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
    boolean has = bias.byteSize() > 0;
    for (int v = 0; v < plan.panelVectors(panel); v++) {
      int channel = plan.vectorChannel(panel, v);
      int valid = has ? shape.outChannels() - channel : 0;
      long base = has ? shape.biasSets()[set] + channel * shape.biasStep() : 0;
      vectors(
          bias,
          base,
          0,
          shape.biasStep(),
          Math.min(plan.width.lanes(), valid),
          packed,
          at + (long) v * plan.width.bytes(),
          0,
          1,
          plan.width.lanes());
    }
  }
}
