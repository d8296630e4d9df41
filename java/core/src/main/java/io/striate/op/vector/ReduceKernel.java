package io.striate.op.vector;

import io.striate.op.KernelRequest;
import io.striate.op.Reduce;
import io.striate.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Sum, mean or maximum over any axes. Where outputs lie side by side, vectors run across them and
 * every sum has one accumulator. Where a reduced dimension is contiguous, vectors run along it: 4
 * vectors of partial sums, which are then added in order, and the rest of the run after them.
 */
final class ReduceKernel extends TileKernel implements Lines.Body {
  private static final int PARTS = 4;

  private final Lines lines;
  private final Fold fold;
  private final FoldKind kind;
  private final boolean along;
  private final int[] counts = {1, 1, 1};
  private final long[] steps = new long[3];
  private final float divisor;

  ReduceKernel(String id, KernelRequest request, Width width, Reduce op) {
    super(id, request, width);
    Shape shape = request.input(0).shape();
    int mask = op.mask(shape);
    List<long[]> reduced = reduced(request, mask);
    Strided src = Strided.of(request.input(0)).without(mask);
    Strided dst = Strided.of(request.output());
    if (!op.keepDims()) {
      dst = dst.expand(mask, shape.rank());
    }
    long count = 1;
    for (int i = 0; i < reduced.size(); i++) {
      int axis = counts.length - reduced.size() + i;
      counts[axis] = Math.toIntExact(reduced.get(i)[0]);
      steps[axis] = reduced.get(i)[1];
      count *= reduced.get(i)[0];
    }
    lines = new Lines(List.of(dst, src), request.threads(), Math.clamp(count / 2, 1, 1 << 20));
    along = steps[2] == ELEMENT;
    divisor = count;
    FoldKind whole =
        switch (op.kind()) {
          case SUM -> FoldKind.SUM;
          case MEAN -> FoldKind.MEAN;
          case MAX -> FoldKind.MAX;
        };
    kind = whole;
    fold = Folds.of(width, along && whole == FoldKind.MEAN ? FoldKind.SUM : whole);
  }

  /** Size and stride of the reduced dimensions by falling stride, merged where possible. */
  private static List<long[]> reduced(KernelRequest request, int mask) {
    Strided src = Strided.of(request.input(0));
    List<long[]> all = new ArrayList<>();
    for (int d = 0; d < src.dims.length; d++) {
      if ((mask >> d & 1) != 0 && src.dims[d] > 1) {
        all.add(new long[] {src.dims[d], src.strides[d]});
      }
    }
    all.sort(Comparator.comparingLong((long[] e) -> Math.abs(e[1])).reversed());
    List<long[]> merged = new ArrayList<>();
    for (long[] entry : all) {
      if (!merged.isEmpty() && merged.getLast()[1] == entry[0] * entry[1]) {
        entry[0] *= merged.removeLast()[0];
      }
      merged.add(entry);
    }
    return merged;
  }

  /** Why it cannot be done, or empty. */
  static String refusal(KernelRequest request, Reduce op) {
    List<long[]> reduced = reduced(request, op.mask(request.input(0).shape()));
    if (reduced.size() > 3) {
      return "the reduced axes of "
          + request.input(0)
          + " lie in "
          + reduced.size()
          + " separate groups; vector kernels take 3";
    }
    return reduced.stream().anyMatch(e -> e[0] > Integer.MAX_VALUE)
        ? "more than 2^31 elements along one reduced axis"
        : "";
  }

  @Override
  public int tiles() {
    return lines.tiles();
  }

  @Override
  public long scratchBytes() {
    return PARTS * (long) width.bytes();
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    lines.run(this, in, out, scratch, first, last);
  }

  @Override
  public void line(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long at0,
      long at1,
      long at2,
      long at3,
      long at4,
      int count) {
    if (along) {
      for (int i = 0; i < count; i++) {
        float result = alongRuns(in[0], at1 + i * lines.laneStride(1), scratch);
        Elements.set(out, at0 + i * lines.laneStride(0), result);
      }
    } else if (lines.laneStride(0) == ELEMENT
        && lines.laneStride(1) == ELEMENT
        && count >= width.lanes()) {
      Folds.run(
          fold,
          width.lanes(),
          in[0],
          at1,
          counts[0],
          steps[0],
          counts[1],
          steps[1],
          counts[2],
          steps[2],
          scratch,
          0,
          0,
          0,
          out,
          at0,
          count,
          divisor);
    } else {
      for (int i = 0; i < count; i++) {
        float sum = kind.start();
        for (int t0 = 0; t0 < counts[0]; t0++) {
          for (int t1 = 0; t1 < counts[1]; t1++) {
            long at = at1 + i * lines.laneStride(1) + t0 * steps[0] + t1 * steps[1];
            for (int t2 = 0; t2 < counts[2]; t2++) {
              sum = kind.join(sum, Elements.get(in[0], at + t2 * steps[2]), 0);
            }
          }
        }
        Elements.set(out, at0 + i * lines.laneStride(0), kind.end(sum, divisor));
      }
    }
  }

  /** One output whose runs are contiguous. */
  private float alongRuns(MemorySegment src, long at, MemorySegment scratch) {
    int parts = PARTS * width.lanes();
    int whole = counts[2] / parts;
    float sum = kind.start();
    if (whole > 0) {
      Folds.run(
          fold,
          width.lanes(),
          src,
          at,
          counts[0],
          steps[0],
          counts[1],
          steps[1],
          whole,
          parts * ELEMENT,
          scratch,
          0,
          0,
          0,
          scratch,
          0,
          parts,
          1);
      for (int i = 0; i < parts; i++) {
        sum = kind.join(sum, Elements.get(scratch, i * ELEMENT), 0);
      }
    }
    for (int t0 = 0; t0 < counts[0]; t0++) {
      for (int t1 = 0; t1 < counts[1]; t1++) {
        long run = at + t0 * steps[0] + t1 * steps[1];
        for (int t2 = whole * parts; t2 < counts[2]; t2++) {
          sum = kind.join(sum, Elements.get(src, run + t2 * ELEMENT), 0);
        }
      }
    }
    return kind.end(sum, divisor);
  }
}
