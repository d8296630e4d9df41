package io.striate.graph;

import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.Reshape;
import io.striate.op.Transpose;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Lets a dense layer read an image in the order in which it lies. Images are channels-last in
 * memory, but flattening means channels first, so every run would move all of them; instead the
 * rows of the layer's constant weights change places once: {@code Σ_k flat(x)[n,k]·B[k,m]} becomes
 * {@code Σ_k flat(xᵀ)[n,k]·B[π(k),m]} with xᵀ the transpose to N, spatial…, C and π the same
 * permutation of rows. Weights above {@value #MOST_ELEMENTS} elements stay: with them the move is a
 * small part of the layer, and a second copy a large part of the memory.
 */
final class FlattenInPlace {
  private static final long MOST_ELEMENTS = 4 << 20;

  private FlattenInPlace() {}

  static Graph apply(Graph graph, Predicate<Value> isChannelsLast) {
    GraphEditor edit = new GraphEditor(graph);
    for (Node node : edit.nodes()) {
      if (node.op() instanceof Gemm gemm && !gemm.transA()) {
        edit.producer(node.inputs().get(0))
            .filter(flat -> flattensPixels(edit, flat))
            .filter(flat -> isChannelsLast.test(flat.inputs().get(0)))
            .ifPresent(flat -> permute(edit, node, gemm, flat));
      }
    }
    return edit.toGraph();
  }

  /** Whether a node makes a row of every image, and pixels have several channels. */
  private static boolean flattensPixels(GraphEditor edit, Node flat) {
    if (!(flat.op() instanceof Flatten || flat.op() instanceof Reshape)
        || edit.uses(flat.output()) != 1) {
      return false;
    }
    Value x = edit.input(flat, 0);
    Shape from = x.shape();
    if (from.rank() < 3 || from.dim(1) == 1 || from.isDynamic()) {
      return false;
    }
    long perImage = from.elements() / from.dim(0);
    return perImage > from.dim(1) && flat.output().shape().equals(Shape.of(from.dim(0), perImage));
  }

  private static void permute(GraphEditor edit, Node node, Gemm gemm, Node flat) {
    Optional<Constant> found = edit.constantOf(node.inputs().get(1));
    if (found.isEmpty()
        || found.get().shape().rank() != 2
        || found.get().shape().elements() > MOST_ELEMENTS) {
      return;
    }
    Constant plain = found.get();
    Value x = edit.input(flat, 0);
    int channels = Math.toIntExact(x.shape().dim(1));
    List<Integer> perm = new ArrayList<>(List.of(0));
    IntStream.range(2, x.shape().rank()).forEach(perm::add);
    perm.add(1);
    Value transposed = edit.insertBefore(flat, flat.name() + ".nhwc", new Transpose(perm), x);
    edit.replace(flat, new Flatten(1), List.of(transposed));
    Value moved =
        edit.addConstant(
            node.name() + ".weights",
            Constant.derived(
                Constant.Role.FIXED,
                plain.shape(),
                arena -> channelsLast(plain.data(arena), channels, gemm.transB(), arena)));
    List<Value> inputs = new ArrayList<>(node.inputs());
    inputs.set(1, moved);
    edit.replace(node, gemm, inputs);
  }

  /** Weights whose rows, or columns if {@code byColumn}, go from C, pixel order to pixel, C. */
  private static Tensor channelsLast(Tensor weights, int channels, boolean byColumn, Arena arena) {
    float[] from = weights.toArray();
    float[] to = new float[from.length];
    int rows = Math.toIntExact(weights.shape().dim(0));
    int columns = Math.toIntExact(weights.shape().dim(1));
    int pixels = (byColumn ? columns : rows) / channels;
    for (int p = 0; p < pixels; p++) {
      for (int c = 0; c < channels; c++) {
        int target = p * channels + c;
        int source = c * pixels + p;
        if (byColumn) {
          for (int r = 0; r < rows; r++) {
            to[r * columns + target] = from[r * columns + source];
          }
        } else {
          System.arraycopy(from, source * columns, to, target * columns, columns);
        }
      }
    }
    return Tensor.allocate(arena, TensorDesc.f32(weights.shape())).copyFrom(to);
  }
}
