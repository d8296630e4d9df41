package io.striate.onnx;

import io.striate.graph.Value;
import io.striate.op.AutoPad;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conv and ConvTranspose. */
final class ConvOps {
  private ConvOps() {}

  static void conv(NodeImport node) {
    List<Value> operands = node.has(2) ? node.flows() : List.of(node.flow(0), node.flow(1));
    Window window = Windows.read(node.attributes(), kernel(node, operands.get(1).shape()), true);
    int groups = node.attributes().int32("group", 1);
    Epilogue epilogue = node.has(2) ? Epilogue.BIAS : Epilogue.NONE;
    node.result(new Conv(window, groups, epilogue), operands);
  }

  static void convTranspose(NodeImport node) {
    List<Value> operands = node.has(2) ? node.flows() : List.of(node.flow(0), node.flow(1));
    Shape x = operands.get(0).shape();
    Attributes a = node.attributes();
    String autoPad = a.text("auto_pad", "NOTSET");
    Window window = Windows.read(a, kernel(node, operands.get(1).shape()), true);
    int rank = window.rank();
    List<Integer> outputPadding =
        Windows.list(a, "output_padding", rank, Collections.nCopies(rank, 0));
    int groups = a.int32("group", 1);
    Epilogue epilogue = node.has(2) ? Epilogue.BIAS : Epilogue.NONE;
    if (x.spatialRank() != rank) {
      throw new IllegalArgumentException(
          "input "
              + x
              + " has "
              + x.spatialRank()
              + " spatial dimensions, but the kernel has "
              + rank);
    }
    @Nullable List<Long> outputShape = a.integers("output_shape");
    if (outputShape != null && !outputShape.isEmpty()) {
      // Opset 1 also allowed the batch and channel entries.
      List<Long> spatial =
          outputShape.size() == rank + 2 ? outputShape.subList(2, rank + 2) : outputShape;
      window = padFor(window, x, spatial, outputPadding, autoPad.equals("SAME_UPPER"));
    } else if (window.autoPad() == AutoPad.SAME_UPPER || window.autoPad() == AutoPad.SAME_LOWER) {
      List<Long> same = new ArrayList<>();
      for (int i = 0; i < rank; i++) {
        same.add(x.dim(i + 2) * window.stride().get(i));
      }
      window = padFor(window, x, same, outputPadding, window.autoPad() == AutoPad.SAME_UPPER);
    }
    node.result(new ConvTranspose(window, outputPadding, groups, epilogue), operands);
  }

  /**
   * The padding that gives the wanted output sizes; an odd total puts the extra element at the end
   * if {@code upper}.
   */
  private static Window padFor(
      Window window, Shape x, List<Long> wanted, List<Integer> outputPadding, boolean upper) {
    if (wanted.size() != window.rank()) {
      throw new IllegalArgumentException(
          "output_shape " + wanted + " needs " + window.rank() + " entries");
    }
    List<Integer> begin = new ArrayList<>();
    List<Integer> end = new ArrayList<>();
    for (int i = 0; i < window.rank(); i++) {
      long full =
          window.stride().get(i) * (x.dim(i + 2) - 1) + outputPadding.get(i) + window.extent(i);
      long total = Math.subtractExact(full, wanted.get(i));
      if (total < 0 || wanted.get(i) < 1) {
        throw new IllegalArgumentException(
            "output size "
                + wanted.get(i)
                + " of spatial axis "
                + i
                + " cannot be reached: without padding it is "
                + full
                + "; use output_padding for more");
      }
      int small = NodeImport.int32(total / 2);
      int large = NodeImport.int32(total - small);
      begin.add(upper ? small : large);
      end.add(upper ? large : small);
    }
    return window.withPadding(begin, end);
  }

  /** The kernel size: the spatial dimensions of the weights, which the attribute may repeat. */
  private static List<Long> kernel(NodeImport node, Shape weights) {
    if (weights.rank() < 3) {
      throw new IllegalArgumentException(
          "weights " + weights + " must have two dimensions and spatial ones");
    }
    List<Long> fromWeights =
        NodeImport.boxed(Arrays.copyOfRange(weights.dims(), 2, weights.rank()));
    @Nullable List<Long> given = node.attributes().integers("kernel_shape");
    if (given != null && !given.equals(fromWeights)) {
      throw new IllegalArgumentException(
          "kernel_shape " + given + " is not that of the weights " + weights);
    }
    return fromWeights;
  }
}
