package io.striate.op.vector;

import io.striate.op.KernelRequest;
import io.striate.op.Pool;
import io.striate.op.Window;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Pooling of all kinds over 1 to 3 spatial dimensions by {@link WindowFold}. */
final class PoolKernel extends TileKernel implements Windows.Body {
  private final Windows windows;
  private final WindowFold fold;
  private final double power; // 0: the fold does it
  private final MemorySegment weights; // packed, or empty
  private final boolean staged;

  PoolKernel(String id, KernelRequest request, Width width, Pool op) {
    super(id, request, width);
    Window w = op.window().resolve(request.input(0).shape());
    Strided src = Strided.of(request.input(0));
    Strided dst = Strided.of(request.output());
    List<WindowAxis> axes = new ArrayList<>();
    for (int i = 0; i < w.rank(); i++) {
      axes.add(
          new WindowAxis(
              src,
              dst,
              i + 2,
              w.kernel().get(i),
              w.stride().get(i),
              w.dilation().get(i),
              w.padBegin().get(i),
              w.padEnd().get(i),
              op.kind() == Pool.Kind.AVERAGE_INCLUDE_PAD));
    }
    // reading a tap costs about an eighth of writing an element
    long cost = Math.min(4096, 1 + w.taps() / 8);
    windows = new Windows(src, dst, axes, request.threads(), cost);
    fold = new WindowFold(windows, kind(op), width);
    staged = fold.stageBytes() > 0;
    power = op.kind() == Pool.Kind.LP && op.p() != 1 && op.p() != 2 ? op.p() : 0;
    boolean weighted = op.kind() == Pool.Kind.WEIGHTED;
    weights = weighted ? allocate(w.taps() * ELEMENT) : MemorySegment.NULL;
    if (weighted && request.inputs().get(1).constant().isPresent()) {
      packWeights(constant(1), weights);
    }
  }

  private static FoldKind kind(Pool op) {
    return switch (op.kind()) {
      case MAX -> FoldKind.MAX;
      case AVERAGE_INCLUDE_PAD, AVERAGE_EXCLUDE_PAD -> FoldKind.MEAN;
      case LP -> op.p() == 1 ? FoldKind.ABSOLUTE : FoldKind.ROOT_OF_SQUARES;
      case WEIGHTED -> FoldKind.WEIGHTED;
    };
  }

  private void packWeights(MemorySegment from, MemorySegment to) {
    TensorDesc desc = request.input(1);
    int rank = desc.shape().rank();
    long d1 = rank > 1 ? desc.shape().dim(1) : 1;
    long d2 = rank > 2 ? desc.shape().dim(2) : 1;
    long s1 = rank > 1 ? desc.layout().stride(1) : 0;
    long s2 = rank > 2 ? desc.layout().stride(2) : 0;
    long at = 0;
    for (long a = 0; a < desc.shape().dim(0); a++) {
      for (long b = 0; b < d1; b++) {
        for (long c = 0; c < d2; c++) {
          long offset = desc.layout().offset() + a * desc.layout().stride(0) + b * s1 + c * s2;
          Elements.set(to, at, Elements.get(from, offset * ELEMENT));
          at += ELEMENT;
        }
      }
    }
  }

  /** The weights row-major: missing leading axes have one tap, so one, two or three axes agree. */
  private MemorySegment weights(MemorySegment scratch) {
    return packsAtRun() ? scratch : weights;
  }

  @Override
  public int tiles() {
    return windows.tiles();
  }

  @Override
  public long scratchBytes() {
    return stageAt() + fold.stageBytes();
  }

  private boolean packsAtRun() {
    return request.inputs().size() > 1 && request.inputs().get(1).constant().isEmpty();
  }

  /** Weights come first in scratch. */
  private long stageAt() {
    return packsAtRun() ? (weights.byteSize() + 63) & -64 : 0;
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    if (packsAtRun()) {
      packWeights(in[1], scratch);
    }
    windows.run(this, in, out, scratch, first, last);
  }

  @Override
  public void segment(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long srcAt,
      long dstAt,
      int lanes,
      int o0,
      int o1,
      int o2,
      int lines,
      long srcLine,
      long dstLine) {
    if (power == 0) {
      MemorySegment taps = weights(scratch);
      int done = 0;
      if (staged) {
        done =
            fold.narrow(
                in[0], srcAt, taps, out, dstAt, o0, o1, o2, lines, srcLine, dstLine, scratch,
                stageAt());
      }
      if (done < lines) {
        fold.run(
            in[0],
            srcAt + done * srcLine,
            taps,
            out,
            dstAt + done * dstLine,
            windows.dstLaneStep,
            lanes,
            o0,
            o1,
            o2,
            lines - done,
            srcLine,
            dstLine);
      }
      return;
    }
    for (int l = 0; l < lines; l++) {
      for (int i = 0; i < lanes; i++) {
        double norm = norm(in[0], srcAt + l * srcLine + i * windows.srcLaneStep, o0, o1, o2);
        Elements.set(out, dstAt + l * dstLine + i * windows.dstLaneStep, (float) norm);
      }
    }
  }

  /** (Σ|x|^p)^(1/p) in double. */
  private double norm(MemorySegment src, long at, int o0, int o1, int o2) {
    double sum = 0;
    for (int t0 = 0; t0 < windows.axes[0].count[o0]; t0++) {
      for (int t1 = 0; t1 < windows.axes[1].count[o1]; t1++) {
        long row = at + t0 * windows.axes[0].tapStep + t1 * windows.axes[1].tapStep;
        for (int t2 = 0; t2 < windows.axes[2].count[o2]; t2++) {
          sum += Math.pow(Math.abs(Elements.get(src, row + t2 * windows.axes[2].tapStep)), power);
        }
      }
    }
    return Math.pow(sum, 1 / power);
  }
}
