package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Pad;
import java.lang.foreign.MemorySegment;

/** Padding and cropping of every dimension; a position is one row of the output. */
final class PadLoops implements Loops {
  private static final long OUTSIDE = -1;

  private final Pad op;
  private final View x;
  private final View dst;
  private final Rows rows;
  private final long[] begin;

  private PadLoops(Pad op, Sources sources) {
    this.op = op;
    this.x = sources.view(0);
    this.dst = sources.output();
    this.rows = new Rows(dst);
    this.begin = op.begin().stream().mapToLong(Long::longValue).toArray();
  }

  static Plan plan(Pad op, Sources sources) {
    PadLoops loops = new PadLoops(op, sources);
    return Plan.of(loops.rows.count, loops);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long xAt = rowStart(row);
    final long dstAt = rows.start(dst, row);
    for (long i = 0; i < rows.length; i++) {
      long from = dst.rank() == 0 ? 0 : source(rows.axis(), i);
      boolean outside = xAt == OUTSIDE || from == OUTSIDE;
      float value = outside ? op.value() : in[0].get(FLOAT, xAt + from * rows.step(x));
      out.set(FLOAT, dstAt + i * rows.step(dst), value);
    }
  }

  /**
   * Byte offset in x of the row's index 0 along the inner axis, or OUTSIDE if the whole row is
   * padding.
   */
  private long rowStart(long row) {
    long at = x.offset;
    for (int axis = 0; axis < dst.rank(); axis++) {
      if (axis != rows.axis()) {
        long from = source(axis, rows.index(row, axis));
        if (from == OUTSIDE) {
          return OUTSIDE;
        }
        at += from * x.strides[axis];
      }
    }
    return at;
  }

  /** The index of x along an axis that output index o shows, or OUTSIDE. */
  private long source(int axis, long o) {
    long i = o - begin[axis];
    long last = x.dims[axis] - 1;
    if (i >= 0 && i <= last) {
      return i;
    }
    return switch (op.mode()) {
      case CONSTANT -> OUTSIDE;
      case REFLECT -> i < 0 ? -i : 2 * last - i;
      case EDGE -> i < 0 ? 0 : last;
    };
  }
}
