package io.striate.exec;

import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives every buffer an offset in one block of memory so that buffers that live at the same time do
 * not overlap.
 *
 * <p>Inputs and outputs come first and share with nobody. Arena buffers are placed largest first,
 * each into the lowest gap that is free during all of its steps (greedy by size; Pisarchyk &amp;
 * Lee, arXiv:2001.03288, section 5.2).
 */
final class MemoryPlan {
  private MemoryPlan() {}

  /** Assigns all offsets and returns the size of the block in bytes. */
  static long assign(List<Buffer> buffers) {
    long base = 0;
    for (Buffer b : buffers) {
      if (b.kind == Buffer.Kind.INPUT || b.kind == Buffer.Kind.OUTPUT) {
        b.offset = base;
        base += align(b.bytes);
      }
    }
    List<Buffer> arena = new ArrayList<>();
    for (Buffer b : buffers) {
      if (b.kind == Buffer.Kind.ARENA) {
        arena.add(b);
      }
    }
    arena.sort((a, b) -> Long.compare(b.bytes, a.bytes));
    List<Buffer> placed = new ArrayList<>();
    long end = base;
    for (Buffer b : arena) {
      b.offset = lowestGap(b, placed, base);
      placed.add(b);
      placed.sort((p, q) -> Long.compare(p.offset, q.offset));
      end = Math.max(end, b.offset + align(b.bytes));
    }
    return end;
  }

  private static long lowestGap(Buffer b, List<Buffer> placedByOffset, long base) {
    long at = base;
    for (Buffer p : placedByOffset) {
      if (p.livesWith(b)) {
        if (at + align(b.bytes) <= p.offset) {
          break;
        }
        at = Math.max(at, p.offset + align(p.bytes));
      }
    }
    return at;
  }

  static long align(long bytes) {
    return (bytes + Tensor.ALIGNMENT - 1) / Tensor.ALIGNMENT * Tensor.ALIGNMENT;
  }
}
