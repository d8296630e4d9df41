package io.striate.onnx;

import io.striate.graph.Value;
import io.striate.op.Concat;
import io.striate.op.Flatten;
import io.striate.op.Identity;
import io.striate.op.Op;
import io.striate.op.Pad;
import io.striate.op.Reshape;
import io.striate.op.Slice;
import io.striate.op.Split;
import io.striate.op.Squeeze;
import io.striate.op.Transpose;
import io.striate.op.Unsqueeze;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Operators that rearrange values computed at run time, and those that ask for their shapes. */
final class ShapeOps {
  private ShapeOps() {}

  static void concat(NodeImport node) {
    if (!node.attributes().has("axis")) {
      throw new IllegalArgumentException("attribute \"axis\" is missing");
    }
    node.result(new Concat(node.attributes().int32("axis", 0)), node.flows());
  }

  static void identity(NodeImport node) {
    node.result(new Identity(), node.flow(0));
  }

  static void flatten(NodeImport node) {
    node.result(new Flatten(node.attributes().int32("axis", 1)), node.flow(0));
  }

  static void transpose(NodeImport node) {
    Value x = node.flow(0);
    List<Long> perm = node.attributes().integers("perm");
    node.result(
        new Transpose(
            perm != null
                ? NodeImport.axes(perm)
                : IntStream.range(0, x.shape().rank()).boxed().toList().reversed()),
        x);
  }

  /** The axes of Squeeze or Unsqueeze: an attribute before opset 13, an input from then on. */
  private static @Nullable List<Long> axes(NodeImport node) {
    if (node.opset() < 13) {
      if (node.has(1)) {
        throw new IllegalArgumentException("axes are an input only from opset 13");
      }
      return node.attributes().integers("axes");
    }
    return node.integers(1, "axes");
  }

  static void squeeze(NodeImport node) {
    List<Long> axes = axes(node);
    node.result(new Squeeze(axes == null ? List.of() : NodeImport.axes(axes)), node.flow(0));
  }

  static void unsqueeze(NodeImport node) {
    List<Long> axes = axes(node);
    if (axes == null || axes.isEmpty()) {
      throw new IllegalArgumentException("axes are missing");
    }
    node.result(new Unsqueeze(NodeImport.axes(axes)), node.flow(0));
  }

  static void reshape(NodeImport node) {
    Value x = node.flow(0);
    List<HostTensor> targets = node.probes(1, "shape");
    boolean allowZero = node.opset() >= 14 && node.attributes().flag("allowzero", false);
    boolean zero = false;
    for (HostTensor t : targets) {
      for (long d : t.ints()) {
        zero |= d == 0;
      }
    }
    if (zero && allowZero) {
      throw new IllegalArgumentException(
          "a dimension of 0 with allowzero = 1 makes an empty tensor, which is not supported");
    }
    if (targets.size() == 1) {
      node.result(new Reshape(NodeImport.boxed(targets.getFirst().ints())), x);
      return;
    }
    List<long[]> resolved = new ArrayList<>();
    for (int p = 0; p < targets.size(); p++) {
      Op at = new Reshape(NodeImport.boxed(targets.get(p).ints()));
      resolved.add(at.infer(List.of(node.shapeAt(x, p))).getFirst().dims());
    }
    node.result(reshapeTo(node, x, resolved), x);
  }

  /**
   * The reshape to shapes given at every probe, written so that it holds for any batch: dimensions
   * that do not depend on the batch as numbers, one that equals the input's at its place as 0, one
   * other as -1.
   */
  static Reshape reshapeTo(NodeImport node, Value x, List<long[]> targets) {
    int rank = targets.getFirst().length;
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      boolean fixed = true;
      boolean same = i < x.shape().rank();
      for (int p = 0; p < targets.size(); p++) {
        if (targets.get(p).length != rank) {
          throw new IllegalArgumentException("the rank of the new shape depends on the batch");
        }
        fixed &= targets.get(p)[i] == targets.getFirst()[i];
        same &= i < x.shape().rank() && node.shapeAt(x, p).dim(i) == targets.get(p)[i];
      }
      dims.add(fixed ? targets.getFirst()[i] : same ? 0L : -1L);
    }
    if (Collections.frequency(dims, -1L) > 1) {
      throw new IllegalArgumentException(
          "several dimensions of the new shape depend on the batch; fix the batch with OnnxOptions.withInputShape or"
              + " --input-shape");
    }
    return new Reshape(dims);
  }

  static void slice(NodeImport node) {
    Value x = node.flow(0);
    List<Long> axes;
    List<Long> steps;
    List<List<Long>> starts;
    List<List<Long>> ends;
    if (node.opset() < 10) {
      if (node.inputCount() > 1) {
        throw new IllegalArgumentException("starts and ends are inputs only from opset 10");
      }
      starts = List.of(node.attributes().requiredIntegers("starts"));
      ends = List.of(node.attributes().requiredIntegers("ends"));
      List<Long> given = node.attributes().integers("axes");
      axes = given != null ? given : upTo(starts.getFirst().size());
      steps = Collections.nCopies(starts.getFirst().size(), 1L);
    } else {
      if (!node.has(1) || !node.has(2)) {
        throw new IllegalArgumentException("starts or ends are missing");
      }
      starts = node.probes(1, "starts").stream().map(t -> NodeImport.boxed(t.ints())).toList();
      ends = node.probes(2, "ends").stream().map(t -> NodeImport.boxed(t.ints())).toList();
      List<Long> givenAxes = node.integers(3, "axes");
      axes = givenAxes != null ? givenAxes : upTo(starts.getFirst().size());
      List<Long> givenSteps = node.integers(4, "steps");
      steps = givenSteps != null ? givenSteps : Collections.nCopies(axes.size(), 1L);
    }
    node.result(sliceOp(node, x, axes, starts, ends, steps), x);
  }

  private static List<Long> upTo(int n) {
    return LongStream.range(0, n).boxed().toList();
  }

  private static Op sliceOp(
      NodeImport node,
      Value x,
      List<Long> axes,
      List<List<Long>> starts,
      List<List<Long>> ends,
      List<Long> steps) {
    int count = axes.size();
    for (List<Long> list : List.of(starts.getFirst(), ends.getFirst(), steps)) {
      if (list.size() != count) {
        throw new IllegalArgumentException(
            "starts "
                + starts.getFirst()
                + ", ends "
                + ends.getFirst()
                + ", axes "
                + axes
                + " and steps "
                + steps
                + " differ in length");
      }
    }
    List<Integer> keptAxes = new ArrayList<>();
    List<Long> keptStarts = new ArrayList<>();
    List<Long> keptEnds = new ArrayList<>();
    List<Long> keptSteps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = i;
      int axis = x.shape().axis(NodeImport.int32(axes.get(i)));
      long step = steps.get(i);
      long start = starts.getFirst().get(i);
      long end = ends.getFirst().get(i);
      boolean dependent =
          starts.stream().anyMatch(s -> !s.get(at).equals(starts.getFirst().get(at)))
              || ends.stream().anyMatch(e -> !e.get(at).equals(ends.getFirst().get(at)));
      if (dependent) {
        if (!takesAll(node, x, axis, i, starts, ends) || step != 1) {
          throw new IllegalArgumentException(
              "start or end at axis "
                  + axis
                  + " depends on the batch; fix the batch with OnnxOptions.withInputShape or"
                  + " --input-shape");
        }
        continue;
      }
      long size = x.shape().dim(axis);
      if (step < 0
          && start < -size
          && node.scope().shapes(x).stream().allMatch(s -> s.dim(axis) == size)) {
        start = -size; // ONNX clamps to the first element, NumPy and Slice to before it.
      }
      keptAxes.add(axis);
      keptStarts.add(start);
      keptEnds.add(end);
      keptSteps.add(step);
    }
    return keptAxes.isEmpty()
        ? new Identity()
        : new Slice(keptAxes, keptStarts, keptEnds, keptSteps);
  }

  private static boolean takesAll(
      NodeImport node, Value x, int axis, int i, List<List<Long>> starts, List<List<Long>> ends) {
    for (int p = 0; p < node.scope().probeCount(); p++) {
      long size = node.shapeAt(x, p).dim(axis);
      long start = starts.get(starts.size() == 1 ? 0 : p).get(i);
      long end = ends.get(ends.size() == 1 ? 0 : p).get(i);
      if ((start != 0 && start > -size) || end < size) {
        return false;
      }
    }
    return true;
  }

  static void split(NodeImport node) {
    Value x = node.flow(0);
    Attributes a = node.attributes();
    int axis = x.shape().axis(a.int32("axis", 0));
    List<Long> sizes = splitSizes(node, x.shape().dim(axis));
    if (node.scope().shapes(x).stream().anyMatch(s -> s.dim(axis) != x.shape().dim(axis))) {
      throw new IllegalArgumentException(
          "axis "
              + axis
              + " depends on the batch and cannot be split; fix the batch with OnnxOptions.withInputShape or"
              + " --input-shape");
    }
    if (sizes.size() != node.outputCount()) {
      throw new IllegalArgumentException(
          "it splits into " + sizes + ", but has " + node.outputCount() + " outputs");
    }
    node.result(new Split(axis, sizes), x);
  }

  /**
   * The part sizes by the rules of the opset: attribute, input, equal parts, or num_outputs with a
   * smaller last part.
   */
  static List<Long> splitSizes(NodeImport node, long size) {
    Attributes a = node.attributes();
    List<Long> given;
    if (node.opset() < 13) {
      if (node.has(1)) {
        throw new IllegalArgumentException("the part sizes are an input only from opset 13");
      }
      given = a.integers("split");
    } else {
      given = node.integers(1, "split");
    }
    int parts = node.outputCount();
    if (node.opset() >= 18) {
      boolean counted = a.has("num_outputs");
      if (counted == (given != null)) {
        throw new IllegalArgumentException(
            "give either the input split or the attribute num_outputs");
      }
      parts = a.int32("num_outputs", parts);
      if (parts != node.outputCount()) {
        throw new IllegalArgumentException(
            "num_outputs is " + parts + ", but it has " + node.outputCount() + " outputs");
      }
    }
    if (given != null) {
      return given;
    }
    long part = Math.ceilDiv(size, parts);
    long last = size - part * (parts - 1);
    if (last < 1 || (node.opset() < 18 && last != part)) {
      throw new IllegalArgumentException(
          "an axis of " + size + " does not split into " + parts + " parts");
    }
    List<Long> sizes = new ArrayList<>(Collections.nCopies(parts, part));
    sizes.set(parts - 1, last);
    return sizes;
  }

  static void pad(NodeImport node) {
    Value x = node.flow(0);
    Attributes a = node.attributes();
    Pad.Mode mode =
        switch (a.text("mode", "constant")) {
          case "constant" -> Pad.Mode.CONSTANT;
          case "reflect" -> Pad.Mode.REFLECT;
          case "edge" -> Pad.Mode.EDGE;
          case String other ->
              throw new IllegalArgumentException(
                  "mode \"" + other + "\" is not supported; constant, reflect and edge are");
        };
    List<Long> pads;
    float value;
    List<Long> axes = null;
    if (node.opset() < 11) {
      if (node.inputCount() > 1) {
        throw new IllegalArgumentException("pads are an input only from opset 11");
      }
      pads = a.requiredIntegers("pads");
      value = a.real("value", 0);
    } else {
      pads = node.integers(1, "pads");
      value = node.has(2) ? ActivationOps.scalar(node, 2, "constant_value") : 0;
      if (node.has(3) && node.opset() < 18) {
        throw new IllegalArgumentException("axes are an input only from opset 18");
      }
      axes = node.integers(3, "axes");
    }
    if (pads == null) {
      throw new IllegalArgumentException("pads are missing");
    }
    int rank = x.shape().rank();
    List<Long> along = axes != null ? axes : upTo(rank);
    if (pads.size() != 2 * along.size()) {
      throw new IllegalArgumentException(
          "pads " + pads + " need two entries for each of the axes " + along);
    }
    List<Long> begin = new ArrayList<>(Collections.nCopies(rank, 0L));
    List<Long> end = new ArrayList<>(Collections.nCopies(rank, 0L));
    for (int i = 0; i < along.size(); i++) {
      int axis = x.shape().axis(NodeImport.int32(along.get(i)));
      begin.set(axis, pads.get(i));
      end.set(axis, pads.get(i + along.size()));
    }
    node.result(new Pad(mode, begin, end, mode == Pad.Mode.CONSTANT ? value : 0), x);
  }

  static void cast(NodeImport node) {
    Attributes a = node.attributes();
    castTo(node, a.int32("to", 0));
  }

  static void castLike(NodeImport node) {
    castTo(
        node, node.isConstant(1) ? node.probes(1, "target").getFirst().type() : ElementType.FLOAT);
  }

  private static void castTo(NodeImport node, int type) {
    castOptions(node);
    if (type != ElementType.FLOAT) {
      throw new IllegalArgumentException(
          "values computed at run time are f32 and cannot become "
              + ElementType.name(type)
              + ": export the model in float32");
    }
    node.result(new Identity(), node.flow(0));
  }

  /** Attributes that matter only for 8-bit floats. */
  static void castOptions(NodeImport node) {
    if (node.opset() >= 19) {
      node.attributes().flag("saturate", true);
    }
    if (node.opset() >= 24) {
      node.attributes().text("round_mode", "up");
    }
  }

  static void shape(NodeImport node) {
    Value x = node.flow(0);
    List<HostTensor> probes = new ArrayList<>();
    for (Shape s : node.scope().shapes(x)) {
      probes.add(HostTensor.vector(ConstantShapes.shapeRange(node, s.dims())));
    }
    node.define(0, probes);
  }

  static void size(NodeImport node) {
    Value x = node.flow(0);
    node.define(
        0,
        node.scope().shapes(x).stream()
            .map(s -> HostTensor.ofInts(ElementType.INT64, new long[0], s.elements()))
            .toList());
  }
}
