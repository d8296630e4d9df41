package io.striate.op.vector;

import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.KernelRequest;
import io.striate.op.Window;
import io.striate.op.vector.GemmShape.Axis;
import io.striate.op.vector.GemmShape.Strided;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** Says convolution, transposed convolution and matrix product as {@link GemmShape}s. */
final class GemmShapes {
  /** Own operands of all three ops: source and weights; bias and residual follow. */
  private static final int OWN = 2;

  private GemmShapes() {}

  /** Index of the bias operand, or -1. */
  static int bias(Epilogue epilogue) {
    return epilogue.hasBias() ? OWN : -1;
  }

  /** Index of the residual operand, or -1. */
  static int residual(Epilogue epilogue) {
    return epilogue.hasResidual() ? OWN + (epilogue.hasBias() ? 1 : 0) : -1;
  }

  /**
   * Whether every output channel reads one input channel, its own; worth vectors across channels.
   */
  static boolean isDepthwise(KernelRequest request, Conv op) {
    return op.groups() > 1
        && op.groups() == request.input(0).shape().dim(1)
        && op.groups() == request.output().shape().dim(1);
  }

  /** One image per batch element and group; the groups of a depthwise convolution stay together. */
  static GemmShape conv(KernelRequest request, Conv op) {
    return conv(request, op, isDepthwise(request, op));
  }

  /**
   * All groups of a convolution with as many outputs as inputs together: as depthwise, but for what
   * an output reads of its group.
   */
  static GemmShape groups(KernelRequest request, Conv op) {
    return conv(request, op, true);
  }

  private static GemmShape conv(KernelRequest request, Conv op, boolean together) {
    TensorDesc w = request.input(1);
    Window window = op.window();
    int groups = together ? 1 : op.groups();
    int outChannels = size(w.shape().dim(0) / groups);
    int channels = together ? outChannels : size(w.shape().dim(1));
    Axis[] axes = {Axis.POINT, Axis.POINT, Axis.POINT};
    for (int i = 0; i < window.rank(); i++) {
      int[] displacements = new int[window.kernel().get(i)];
      for (int k = 0; k < displacements.length; k++) {
        displacements[k] = k * window.dilation().get(i) - window.padBegin().get(i);
      }
      axes[3 - window.rank() + i] =
          new Axis(
              size(request.input(0).shape().dim(i + 2)),
              size(request.output().shape().dim(i + 2)),
              window.stride().get(i),
              displacements);
    }
    Layout weights = w.layout();
    List<Long> taps = new ArrayList<>();
    for (int d = 0; d < axes[0].taps(); d++) {
      for (int h = 0; h < axes[1].taps(); h++) {
        for (int x = 0; x < axes[2].taps(); x++) {
          taps.add(spatial(weights, d, h, x));
        }
      }
    }
    Images images = new Images(request, op.epilogue(), groups, outChannels);
    return new GemmShape(
        together,
        channels,
        outChannels,
        axes[0],
        axes[1],
        axes[2],
        images.strided(request.input(0), channels),
        images.strided(request.output(), outChannels),
        images.residual(),
        images.sets(),
        perGroup(groups, weights.offset(), outChannels * weights.stride(0)),
        images.biasSets(),
        images.biasStep(),
        longs(taps),
        weights.stride(1),
        weights.stride(0),
        op.epilogue().activation());
  }

  /**
   * One shape per phase: outputs that are equal modulo the stride are fed by the same taps, so each
   * phase is an ordinary convolution of stride 1 whose results are stride positions apart.
   */
  static List<GemmShape> convTranspose(KernelRequest request, ConvTranspose op) {
    List<Integer> stride = op.window().stride();
    List<GemmShape> phases = new ArrayList<>();
    int rank = stride.size();
    int depth = rank > 2 ? stride.get(0) : 1;
    int height = rank > 1 ? stride.get(rank - 2) : 1;
    for (int d = 0; d < depth; d++) {
      for (int h = 0; h < height; h++) {
        for (int w = 0; w < stride.get(rank - 1); w++) {
          int[] phase = {d, h, w};
          if (isPresent(request, rank, phase)) {
            phases.add(phase(request, op, phase));
          }
        }
      }
    }
    return phases;
  }

  private static boolean isPresent(KernelRequest request, int rank, int[] phase) {
    for (int i = 0; i < rank; i++) {
      if (phase[3 - rank + i] >= request.output().shape().dim(i + 2)) {
        return false;
      }
    }
    return true;
  }

  private static GemmShape phase(KernelRequest request, ConvTranspose op, int[] phase) {
    Window window = op.window();
    TensorDesc w = request.input(1);
    int rank = window.rank();
    int channels = size(w.shape().dim(0) / op.groups());
    int outChannels = size(w.shape().dim(1));
    Axis[] axes = {Axis.POINT, Axis.POINT, Axis.POINT};
    int[][] kernel = {{0}, {0}, {0}};
    long[] dstSteps = new long[3];
    long[] residualSteps = new long[3];
    long shift = 0;
    long residualShift = 0;
    Images images = new Images(request, op.epilogue(), op.groups(), outChannels);
    boolean fed = true;
    for (int i = 0; i < rank; i++) {
      int a = 3 - rank + i;
      int s = window.stride().get(i);
      int outputs = Math.ceilDiv(size(request.output().shape().dim(i + 2)) - phase[a], s);
      List<Integer> displacements = new ArrayList<>();
      List<Integer> used = new ArrayList<>();
      for (int k = window.kernel().get(i) - 1; k >= 0; k--) {
        int at = phase[a] + window.padBegin().get(i) - k * window.dilation().get(i);
        if (Math.floorMod(at, s) == 0) {
          displacements.add(Math.floorDiv(at, s));
          used.add(k);
        }
      }
      if (used.isEmpty()) {
        // No tap feeds this phase: one outside of the image, with zero weights, leaves bias and
        // residual.
        fed = false;
        displacements.add(-outputs);
        used.add(0);
      }
      kernel[a] = ints(used);
      axes[a] =
          new Axis(size(request.input(0).shape().dim(i + 2)), outputs, 1, ints(displacements));
      long step = request.output().layout().stride(i + 2);
      shift += phase[a] * step;
      dstSteps[a] = s * step;
      if (op.epilogue().hasResidual()) {
        long along = request.input(residual(op.epilogue())).layout().stride(i + 2);
        residualShift += phase[a] * along;
        residualSteps[a] = s * along;
      }
    }
    Layout weights = w.layout();
    List<Long> taps = new ArrayList<>();
    for (int kd : kernel[0]) {
      for (int kh : kernel[1]) {
        for (int kw : kernel[2]) {
          taps.add(fed ? spatial(weights, kd, kh, kw) : GemmShape.NO_WEIGHTS);
        }
      }
    }
    Strided dst = images.strided(request.output(), outChannels);
    Strided residual = images.residual();
    return new GemmShape(
        false,
        channels,
        outChannels,
        axes[0],
        axes[1],
        axes[2],
        images.strided(request.input(0), channels),
        new Strided(
            shifted(dst.images(), shift), dst.channel(), dstSteps[0], dstSteps[1], dstSteps[2]),
        new Strided(
            shifted(residual.images(), residualShift),
            residual.channel(),
            residualSteps[0],
            residualSteps[1],
            residualSteps[2]),
        images.sets(),
        perGroup(op.groups(), weights.offset(), channels * weights.stride(0)),
        images.biasSets(),
        images.biasStep(),
        longs(taps),
        weights.stride(0),
        weights.stride(1),
        op.epilogue().activation());
  }

  /**
   * Rows are positions along the width; every product of a batch is an image, every matrix b a set
   * of weights.
   */
  static GemmShape gemm(KernelRequest request, Gemm op) {
    TensorDesc a = request.input(0);
    TensorDesc b = request.input(1);
    TensorDesc out = request.output();
    int rank = out.shape().rank();
    int lead = rank - 2;
    int rows = size(out.shape().dim(lead));
    int columns = size(out.shape().dim(lead + 1));
    int terms = size(a.shape().dim(op.transA() ? -2 : -1));
    int images = 1;
    for (int i = 0; i < lead; i++) {
      images = Math.multiplyExact(images, size(out.shape().dim(i)));
    }
    int sets = size(b.shape().elements() / columns / terms);
    long[] weightSets = new long[sets];
    int[] imageSets = new int[images];
    long[] srcImages = new long[images];
    long[] dstImages = new long[images];
    long[] residualImages = new long[op.epilogue().hasResidual() ? images : 0];
    TensorDesc residual =
        op.epilogue().hasResidual() ? request.input(residual(op.epilogue())) : out;
    for (int i = 0; i < images; i++) {
      long[] index = index(i, out.shape(), lead);
      srcImages[i] = matrix(a, index);
      dstImages[i] = matrix(out, index);
      if (residualImages.length > 0) {
        residualImages[i] = matrix(residual, index);
      }
      imageSets[i] = set(b.shape(), index);
      weightSets[imageSets[i]] = matrix(b, index);
    }
    int stepsRank = a.shape().rank();
    long rowStep = a.layout().stride(stepsRank - (op.transA() ? 1 : 2));
    long termStep = a.layout().stride(stepsRank - (op.transA() ? 2 : 1));
    int bRank = b.shape().rank();
    Images epilogue = new Images(request, op.epilogue(), 1, 0);
    return new GemmShape(
        false,
        terms,
        columns,
        Axis.POINT,
        Axis.POINT,
        new Axis(rows, rows, 1, new int[] {0}),
        new Strided(srcImages, termStep, 0, 0, rowStep),
        new Strided(dstImages, out.layout().stride(rank - 1), 0, 0, out.layout().stride(rank - 2)),
        new Strided(
            residualImages,
            residual.layout().stride(rank - 1),
            0,
            0,
            residual.layout().stride(rank - 2)),
        imageSets,
        weightSets,
        perGroup(sets, epilogue.biasBase(), 0),
        epilogue.biasStep(),
        new long[] {0},
        b.layout().stride(bRank - (op.transB() ? 1 : 2)),
        b.layout().stride(bRank - (op.transB() ? 2 : 1)),
        op.epilogue().activation());
  }

  /**
   * First element of the matrix that the leading index of the result selects; sizes of 1 broadcast.
   */
  private static long matrix(TensorDesc desc, long[] index) {
    int lead = desc.shape().rank() - 2;
    long at = desc.layout().offset();
    for (int i = 0; i < lead; i++) {
      long along = index[index.length - lead + i];
      at += desc.shape().dim(i) == 1 ? 0 : along * desc.layout().stride(i);
    }
    return at;
  }

  private static int set(Shape shape, long[] index) {
    int lead = shape.rank() - 2;
    long set = 0;
    for (int i = 0; i < lead; i++) {
      long along = index[index.length - lead + i];
      set = set * shape.dim(i) + (shape.dim(i) == 1 ? 0 : along);
    }
    return Math.toIntExact(set);
  }

  private static long[] index(long flat, Shape shape, int lead) {
    long[] index = new long[lead];
    for (int i = lead - 1; i >= 0; i--) {
      index[i] = flat % shape.dim(i);
      flat /= shape.dim(i);
    }
    return index;
  }

  private static long spatial(Layout layout, int d, int h, int w) {
    int rank = layout.rank();
    return w * layout.stride(rank - 1)
        + (rank > 3 ? h * layout.stride(rank - 2) : 0)
        + (rank > 4 ? d * layout.stride(rank - 3) : 0);
  }

  private static int size(long value) {
    return Math.toIntExact(value);
  }

  private static long[] perGroup(int groups, long base, long step) {
    return table(groups, g -> base + g * step);
  }

  private static long[] shifted(long[] values, long by) {
    return table(values.length, i -> values[(int) i] + by);
  }

  private static long[] table(int count, LongUnaryOperator entry) {
    long[] out = new long[count];
    for (int i = 0; i < count; i++) {
      out[i] = entry.applyAsLong(i);
    }
    return out;
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
