package io.striate.nn;

import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Dropout;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import io.striate.op.Lrn;
import io.striate.op.Op;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Resize;
import io.striate.op.Slice;
import io.striate.op.Softmax;
import io.striate.op.Split;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How much of the input one element of a value sees, and how far apart in the input neighbouring
 * elements look, along every spatial axis.
 *
 * <p>A window of extent e and stride s: {@code size' = size + (e-1)·stride}, {@code stride' =
 * stride·s}; branches that join: the larger. Padding is not subtracted, so sizes may exceed the
 * input. Source: Araujo et al., Computing receptive fields of convolutional neural networks,
 * Distill 2019, equations 1 and 2.
 *
 * @param size elements of the input along each axis
 * @param stride distance in elements of the input; below 1 behind an upsampling
 * @param positions positions along each axis that the value has, or had before it was flattened
 */
record ReceptiveField(List<Double> size, List<Double> stride, List<Long> positions) {

  /** The field of every value that has one; where axes are renamed it is lost. */
  static Map<Value, ReceptiveField> of(Graph graph) {
    Map<Value, ReceptiveField> fields = new HashMap<>();
    for (Value v : graph.inputs()) {
      int rank = v.shape().spatialRank();
      Double[] ones = new Double[rank];
      Arrays.fill(ones, 1.0);
      fields.put(v, new ReceptiveField(List.of(ones), List.of(ones), spatial(v.shape())));
    }
    for (Node node : graph.nodes()) {
      after(node, fields).ifPresent(f -> node.outputs().forEach(v -> fields.put(v, f)));
    }
    return fields;
  }

  private static List<Long> spatial(Shape shape) {
    return Arrays.stream(shape.dims()).skip(2).boxed().toList();
  }

  private static Optional<ReceptiveField> after(Node node, Map<Value, ReceptiveField> fields) {
    Op op = node.op();
    Shape out = node.outputs().get(0).shape();
    if (op instanceof Binary || op instanceof Concat) {
      List<ReceptiveField> joined =
          node.inputs().stream().map(fields::get).filter(f -> f != null).toList();
      return joined.stream().reduce(ReceptiveField::join);
    }
    ReceptiveField x = fields.get(node.inputs().get(0));
    if (x == null) {
      return Optional.empty();
    }
    Shape in = node.inputs().get(0).shape();
    return switch (op) {
      case Conv c -> Optional.of(x.window(c.window(), out));
      case Pool p -> Optional.of(x.window(p.window(), out));
      case GlobalPool g -> Optional.of(x.everything());
      case Gemm g -> Optional.of(x.everything());
      case ConvTranspose t -> Optional.of(x.transposed(t.window(), out));
      case Resize r -> Optional.of(x.resized(r, in, out));
      case Slice s ->
          s.steps().stream().allMatch(v -> v > 0)
              ? Optional.of(x.slice(s, in, out))
              : Optional.empty();
      case Lrn l when l.within() ->
          Optional.of(x.window(Window.of(l.size(), l.size()).withPadding(l.size() / 2), out));
      case Unary u -> Optional.of(x);
      case BatchNorm b -> Optional.of(x);
      case PRelu p -> Optional.of(x);
      case Lrn l -> Optional.of(x);
      case Softmax s -> Optional.of(x);
      case Dropout d -> Optional.of(x);
      case Identity i -> Optional.of(x);
      case Flatten f -> Optional.of(x);
      case Split s -> Optional.of(x);
      case Pad p -> Optional.of(new ReceptiveField(x.size, x.stride, spatial(out)));
      default -> Optional.empty();
    };
  }

  private static ReceptiveField join(ReceptiveField a, ReceptiveField b) {
    if (a.size.size() != b.size.size()) {
      return a.size.size() > b.size.size() ? a : b;
    }
    Double[] size = new Double[a.size.size()];
    Double[] stride = new Double[size.length];
    Long[] positions = new Long[size.length];
    for (int i = 0; i < size.length; i++) {
      size[i] = Math.max(a.size.get(i), b.size.get(i));
      stride[i] = Math.min(a.stride.get(i), b.stride.get(i));
      positions[i] = Math.max(a.positions.get(i), b.positions.get(i));
    }
    return new ReceptiveField(List.of(size), List.of(stride), List.of(positions));
  }

  private ReceptiveField window(Window w, Shape out) {
    Double[] next = new Double[size.size()];
    Double[] step = new Double[next.length];
    for (int i = 0; i < next.length; i++) {
      next[i] = size.get(i) + (w.extent(i) - 1) * stride.get(i);
      step[i] = stride.get(i) * w.stride().get(i);
    }
    return new ReceptiveField(List.of(next), List.of(step), spatial(out));
  }

  private ReceptiveField transposed(Window w, Shape out) {
    Double[] next = new Double[size.size()];
    Double[] step = new Double[next.length];
    for (int i = 0; i < next.length; i++) {
      long seen = Math.ceilDiv(w.extent(i), w.stride().get(i));
      next[i] = size.get(i) + (seen - 1) * stride.get(i);
      step[i] = stride.get(i) / w.stride().get(i);
    }
    return new ReceptiveField(List.of(next), List.of(step), spatial(out));
  }

  private ReceptiveField resized(Resize resize, Shape in, Shape out) {
    Double[] next = new Double[size.size()];
    Double[] step = new Double[next.length];
    float[] scales = resize.scalesFor(in);
    for (int i = 0; i < next.length; i++) {
      boolean blends = resize.mode() == Resize.Mode.LINEAR && scales[i] != 1;
      next[i] = size.get(i) + (blends ? stride.get(i) : 0);
      step[i] = stride.get(i) / scales[i];
    }
    return new ReceptiveField(List.of(next), List.of(step), spatial(out));
  }

  private ReceptiveField slice(Slice slice, Shape in, Shape out) {
    Double[] step = stride.toArray(Double[]::new);
    for (int i = 0; i < slice.axes().size(); i++) {
      int axis = in.axis(slice.axes().get(i)) - 2;
      if (axis >= 0 && axis < step.length) {
        step[axis] *= slice.steps().get(i);
      }
    }
    return new ReceptiveField(size, List.of(step), spatial(out));
  }

  private ReceptiveField everything() {
    Double[] next = new Double[size.size()];
    Long[] one = new Long[next.length];
    Arrays.fill(one, 1L);
    for (int i = 0; i < next.length; i++) {
      next[i] = size.get(i) + (positions.get(i) - 1) * stride.get(i);
    }
    return new ReceptiveField(List.of(next), stride, List.of(one));
  }

  /** As {@code 11} or {@code 11x7}; empty for values without spatial axes. */
  static String text(List<Double> values) {
    List<String> parts =
        values.stream()
            .map(
                v ->
                    v == Math.rint(v)
                        ? Long.toString(v.longValue())
                        : String.format(java.util.Locale.ROOT, "%.3g", v))
            .toList();
    boolean square = parts.stream().distinct().count() <= 1;
    return square && !parts.isEmpty()
        ? parts.get(0)
        : parts.stream().collect(Collectors.joining("x"));
  }
}
