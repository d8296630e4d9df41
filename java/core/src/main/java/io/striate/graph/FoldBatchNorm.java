package io.striate.graph;

import io.striate.op.BatchNorm;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Op;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * Folds a batch normalisation into the convolution or matrix product before it, whose result nobody
 * else reads: with {@code a[c] = scale[c]/√(variance[c] + epsilon)} the weights of channel c are
 * multiplied by a[c] and the bias becomes {@code (bias[c] - mean[c])·a[c] + shift[c]}. Computed in
 * float64, rounded once.
 */
final class FoldBatchNorm {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Floats that are scaled at once. */
  private static final long BLOCK = 16 << 10;

  private FoldBatchNorm() {}

  static Graph apply(Graph graph) {
    GraphEditor edit = new GraphEditor(graph);
    for (Node node : edit.nodes()) {
      if (node.op() instanceof BatchNorm norm) {
        edit.producer(node.inputs().get(0)).ifPresent(before -> fold(edit, before, node, norm));
      }
    }
    return edit.toGraph();
  }

  private static void fold(GraphEditor edit, Node before, Node node, BatchNorm norm) {
    Optional<Epilogue> epilogue = epilogue(before.op());
    if (epilogue.isEmpty()
        || edit.uses(before.output()) != 1
        || edit.isOutput(before.output())
        || epilogue.get().hasResidual()
        || !epilogue.get().activation().isNone()) {
      return;
    }
    boolean hasBias = epilogue.get().hasBias();
    Optional<Constant> weights = edit.constantOf(before.inputs().get(1));
    Optional<Tensor> bias = hasBias ? edit.constant(before.inputs().get(2)) : Optional.empty();
    float[][] parameters = new float[4][];
    for (int i = 0; i < 4; i++) {
      Optional<Tensor> t = edit.constant(node.inputs().get(i + 1));
      if (t.isEmpty()) {
        return;
      }
      parameters[i] = t.get().toArray();
    }
    if (weights.isEmpty()
        || (hasBias && bias.isEmpty())
        || (before.op() instanceof Gemm && weights.get().shape().rank() != 2)) {
      return;
    }
    int channels = parameters[0].length;
    double[] factor = new double[channels];
    float[] shift = new float[channels];
    float[] oldBias = bias.map(Tensor::toArray).orElseGet(() -> new float[channels]);
    for (int c = 0; c < channels; c++) {
      factor[c] = parameters[0][c] / Math.sqrt((double) parameters[3][c] + norm.epsilon());
      shift[c] = (float) ((oldBias[c] - (double) parameters[2][c]) * factor[c] + parameters[1][c]);
    }
    // Weights are scaled when they are packed, by as many threads; never if their packed form is
    // known.
    Op op = before.op();
    Constant plain = weights.get();
    Value scaled =
        edit.addConstant(
            before.name() + ".weights",
            Constant.derived(
                Constant.Role.FIXED, plain.shape(), arena -> scale(op, plain, factor, arena)));
    Value added = edit.addConstant(before.name() + ".bias", Tensor.of(Shape.of(channels), shift));
    Epilogue next = new Epilogue(true, false, norm.activation());
    edit.replace(
        node, withEpilogue(before.op(), next), List.of(edit.input(before, 0), scaled, added));
    edit.remove(before);
  }

  private static Tensor scale(Op op, Constant constant, double[] factor, Arena arena) {
    Optional<Tensor> own = constant.own(arena);
    Tensor weights = own.orElseGet(() -> constant.data(arena));
    Shape shape = weights.shape();
    long inner; // elements between neighbouring channels
    int groups = 1;
    switch (op) {
      case Conv c -> inner = shape.elements() / shape.dim(0);
      case ConvTranspose t -> {
        inner = shape.elements() / (shape.dim(0) * shape.dim(1));
        groups = t.groups();
      }
      case Gemm g -> inner = g.transB() ? shape.dim(1) : 1;
      default -> throw new IllegalStateException(op.type());
    }
    int channels = factor.length / groups;
    Tensor scaled = own.orElseGet(() -> Tensor.allocate(arena, TensorDesc.f32(shape)));
    boolean dense =
        weights.desc().dtype() == DType.F32
            && weights.desc().layout().offset() == 0
            && weights.desc().layout().isRowMajor(shape);
    Tensor plain = dense ? weights : Tensor.of(shape, weights.toArray());
    // Some runs of `inner` elements at a time, which stay in the cache.
    long runs = shape.elements() / inner;
    long most = Math.clamp(BLOCK / inner, 1, runs);
    float[] values = new float[Math.toIntExact(most * inner)];
    for (long begin = 0; begin < runs; begin += most) {
      int count = (int) (Math.min(most, runs - begin) * inner);
      long at = begin * inner * Float.BYTES;
      MemorySegment.copy(plain.data(), FLOAT, at, values, 0, count);
      for (int i = 0, run = (int) begin; i < count; i += (int) inner, run++) {
        int channel = run % channels;
        if (op instanceof ConvTranspose) { // of the group that input channel run / channels is in
          channel += (int) (run / channels / (shape.dim(0) / groups)) * channels;
        }
        scale(values, i, (int) inner, factor[channel]);
      }
      MemorySegment.copy(values, 0, scaled.data(), FLOAT, at, count);
    }
    return scaled;
  }

  private static void scale(float[] values, int from, int count, double factor) {
    for (int k = from; k < from + count; k++) {
      values[k] = (float) (values[k] * factor);
    }
  }

  static Optional<Epilogue> epilogue(Op op) {
    return switch (op) {
      case Conv c -> Optional.of(c.epilogue());
      case ConvTranspose t -> Optional.of(t.epilogue());
      case Gemm g -> Optional.of(g.epilogue());
      default -> Optional.empty();
    };
  }

  static Op withEpilogue(Op op, Epilogue epilogue) {
    return switch (op) {
      case Conv c -> new Conv(c.window(), c.groups(), epilogue);
      case ConvTranspose t ->
          new ConvTranspose(t.window(), t.outputPadding(), t.groups(), epilogue);
      case Gemm g -> new Gemm(g.transA(), g.transB(), epilogue);
      default -> throw new IllegalArgumentException(op.type() + " has no epilogue");
    };
  }
}
