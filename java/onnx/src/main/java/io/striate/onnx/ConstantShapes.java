package io.striate.onnx;

import io.striate.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Constant evaluation of operators that rearrange or make tensors. */
final class ConstantShapes {
  private ConstantShapes() {}

  static List<HostTensor> constant(ConstantOperands o) {
    Attributes a = o.attributes();
    List<HostTensor> found = new ArrayList<>();
    TensorProto value = a.tensor("value");
    if (value != null) {
      found.add(o.node().scope().decoder().decode(value, "its value"));
    }
    if (o.opset() >= 12) {
      if (a.has("value_float")) {
        found.add(HostTensor.ofFloats(ElementType.FLOAT, new long[0], a.real("value_float", 0)));
      }
      if (a.has("value_int")) {
        found.add(HostTensor.ofInts(ElementType.INT64, new long[0], a.integer("value_int", 0)));
      }
      List<Float> floats = a.reals("value_floats");
      if (floats != null) {
        float[] values = new float[floats.size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = floats.get(i);
        }
        found.add(HostTensor.ofFloats(ElementType.FLOAT, new long[] {values.length}, values));
      }
      List<Long> ints = a.integers("value_ints");
      if (ints != null) {
        found.add(HostTensor.vector(ints.stream().mapToLong(Long::longValue).toArray()));
      }
    }
    for (String other : List.of("sparse_value", "value_string", "value_strings")) {
      if (a.has(other)) {
        throw new IllegalArgumentException("attribute \"" + other + "\" is not supported");
      }
    }
    if (found.size() != 1) {
      throw new IllegalArgumentException("it needs exactly one value, but has " + found.size());
    }
    return found;
  }

  static List<HostTensor> constantOfShape(ConstantOperands o) {
    long[] dims = o.get(0).ints().clone();
    o.spend(dims);
    int count = (int) HostTensor.elements(dims);
    TensorProto value = o.attributes().tensor("value");
    HostTensor fill =
        value == null
            ? HostTensor.ofFloats(ElementType.FLOAT, new long[] {1}, 0)
            : o.node().scope().decoder().decode(value, "its value");
    if (fill.count() != 1) {
      throw new IllegalArgumentException("its value is " + fill + "; one element is expected");
    }
    return List.of(fill.pick(dims, new int[count]));
  }

  static List<HostTensor> shape(ConstantOperands o) {
    return List.of(HostTensor.vector(shapeRange(o.node(), o.get(0).dims())));
  }

  /** The dimensions that Shape's attributes start and end (opset 15) select. */
  static long[] shapeRange(NodeImport node, long[] dims) {
    if (node.opset() < 15) {
      return dims;
    }
    int rank = dims.length;
    long start = node.attributes().integer("start", 0);
    long end = node.attributes().integer("end", rank);
    int from = Math.clamp(start < 0 ? start + rank : start, 0, rank);
    int to = Math.clamp(end < 0 ? end + rank : end, 0, rank);
    return Arrays.copyOfRange(dims, from, Math.max(from, to));
  }

  static List<HostTensor> size(ConstantOperands o) {
    return List.of(HostTensor.ofInts(ElementType.INT64, new long[0], o.get(0).count()));
  }

  static List<HostTensor> reshape(ConstantOperands o) {
    HostTensor x = o.get(0);
    long[] dims = o.get(1).ints().clone();
    boolean allowZero = o.opset() >= 14 && o.attributes().flag("allowzero", false);
    int free = -1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 0 && !allowZero) {
        if (i >= x.rank()) {
          throw new IllegalArgumentException(
              "0 at place " + i + " of the new shape has no counterpart in " + x);
        }
        dims[i] = x.dim(i);
      } else if (dims[i] == -1) {
        if (free >= 0) {
          throw new IllegalArgumentException(
              "the new shape " + Arrays.toString(dims) + " has two -1");
        }
        free = i;
      }
    }
    if (free >= 0) {
      dims[free] = 1;
      long known = HostTensor.elements(dims);
      if (known == 0 || x.count() % known != 0) {
        throw new IllegalArgumentException(x + " cannot be reshaped to " + Arrays.toString(dims));
      }
      dims[free] = x.count() / known;
    }
    return List.of(x.withDims(dims));
  }

  static List<HostTensor> flatten(ConstantOperands o) {
    HostTensor x = o.get(0);
    long given = o.attributes().integer("axis", 1);
    int axis = given == x.rank() ? x.rank() : ConstantOperands.axis(given, x.rank());
    long rows = HostTensor.elements(Arrays.copyOf(x.dims(), axis));
    long columns = HostTensor.elements(Arrays.copyOfRange(x.dims(), axis, x.rank()));
    return List.of(x.withDims(rows, columns));
  }

  static long[] axes(ConstantOperands o, int inputSince, long[] missing) {
    if (o.opset() < inputSince) {
      if (o.has(1)) {
        throw new IllegalArgumentException("axes are an input only from opset " + inputSince);
      }
      List<Long> list = o.attributes().integers("axes");
      return list == null ? missing : list.stream().mapToLong(Long::longValue).toArray();
    }
    return o.has(1) ? o.get(1).ints() : missing;
  }

  static boolean[] mask(long[] axes, int rank) {
    boolean[] mask = new boolean[rank];
    for (long axis : axes) {
      int at = ConstantOperands.axis(axis, rank);
      if (mask[at]) {
        throw new IllegalArgumentException("axes " + Arrays.toString(axes) + " name an axis twice");
      }
      mask[at] = true;
    }
    return mask;
  }

  static List<HostTensor> squeeze(ConstantOperands o) {
    HostTensor x = o.get(0);
    long[] axes = axes(o, 13, new long[0]);
    boolean[] gone = mask(axes, x.rank());
    List<Long> dims = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      if (gone[i] && x.dim(i) != 1) {
        throw new IllegalArgumentException("axis " + i + " of " + x + " is not 1");
      }
      if (!gone[i] && (axes.length > 0 || x.dim(i) != 1)) {
        dims.add(x.dim(i));
      }
    }
    return List.of(x.withDims(dims.stream().mapToLong(Long::longValue).toArray()));
  }

  static List<HostTensor> unsqueeze(ConstantOperands o) {
    HostTensor x = o.get(0);
    long[] axes = axes(o, 13, new long[0]);
    if (axes.length == 0 || axes.length > 64) {
      throw new IllegalArgumentException("axes are missing, or too many: " + axes.length);
    }
    boolean[] added = mask(axes, x.rank() + axes.length);
    long[] dims = new long[added.length];
    int next = 0;
    for (int i = 0; i < dims.length; i++) {
      dims[i] = added[i] ? 1 : x.dim(next++);
    }
    return List.of(x.withDims(dims));
  }

  static List<HostTensor> transpose(ConstantOperands o) {
    HostTensor x = o.get(0);
    o.spend(x.dims());
    List<Long> perm = o.attributes().integers("perm");
    int rank = x.rank();
    long[] dims = new long[rank];
    long[] strides = new long[rank];
    boolean[] seen = new boolean[rank];
    if (perm != null && perm.size() != rank) {
      throw new IllegalArgumentException("perm " + perm + " does not fit " + x);
    }
    for (int i = 0; i < rank; i++) {
      long from = perm == null ? rank - 1 - i : perm.get(i);
      if (from < 0 || from >= rank || seen[(int) from]) {
        throw new IllegalArgumentException("perm " + perm + " is not a permutation");
      }
      seen[(int) from] = true;
      dims[i] = x.dim((int) from);
      strides[i] = x.strides()[(int) from];
    }
    return List.of(x.view(dims, 0, strides));
  }

  static List<HostTensor> expand(ConstantOperands o) {
    HostTensor x = o.get(0);
    long[] dims = ConstantArithmetic.broadcast(x.dims(), o.get(1).ints());
    o.spend(dims);
    return List.of(x.view(dims, 0, ConstantArithmetic.broadcastStrides(x, dims)));
  }

  static List<HostTensor> concat(ConstantOperands o) {
    HostTensor first = o.get(0);
    if (!o.attributes().has("axis")) {
      throw new IllegalArgumentException("attribute \"axis\" is missing");
    }
    int axis = ConstantOperands.axis(o.attributes().integer("axis", 0), first.rank());
    long[] dims = first.dims();
    dims[axis] = 0;
    long inner = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      inner *= dims[i];
    }
    for (int i = 0; i < o.count(); i++) {
      HostTensor t = o.get(i);
      long[] other = t.dims();
      boolean fits = t.rank() == first.rank() && t.type() == first.type();
      for (int d = 0; fits && d < dims.length; d++) {
        fits = d == axis || other[d] == first.dim(d);
      }
      if (!fits) {
        throw new IllegalArgumentException(
            "operands " + first + " and " + t + " differ outside axis " + axis);
      }
      dims[axis] += t.dim(axis);
    }
    o.spend(dims);
    int total = (int) HostTensor.elements(dims);
    float[] floats = new float[first.isFloat() ? total : 0];
    long[] ints = new long[first.isFloat() ? 0 : total];
    long outRow = dims[axis] * inner;
    long offset = 0;
    for (int i = 0; i < o.count(); i++) {
      HostTensor t = o.get(i);
      int row = (int) (t.dim(axis) * inner);
      for (int r = 0; row > 0 && r < t.count() / row; r++) {
        int to = (int) (r * outRow + offset);
        if (first.isFloat()) {
          System.arraycopy(t.floats(), r * row, floats, to, row);
        } else {
          System.arraycopy(t.ints(), r * row, ints, to, row);
        }
      }
      offset += row;
    }
    return List.of(
        first.isFloat()
            ? HostTensor.ofFloats(first.type(), dims, floats)
            : HostTensor.ofInts(first.type(), dims, ints));
  }

  static List<HostTensor> split(ConstantOperands o) {
    HostTensor x = o.get(0);
    int axis = ConstantOperands.axis(o.attributes().integer("axis", 0), x.rank());
    List<Long> sizes =
        o.has(1) && o.opset() >= 13 && !o.attributes().has("num_outputs")
            ? NodeImport.boxed(o.get(1).ints())
            : ShapeOps.splitSizes(o.node(), x.dim(axis));
    long[] strides = x.strides();
    List<HostTensor> parts = new ArrayList<>();
    long at = 0;
    for (long size : sizes) {
      long[] dims = x.dims();
      if (size < 0 || size > x.dim(axis) - at) {
        throw new IllegalArgumentException(
            "parts " + sizes + " do not fit axis " + axis + " of " + x);
      }
      dims[axis] = size;
      o.spend(dims);
      parts.add(x.view(dims, at * strides[axis], strides));
      at += size;
    }
    if (at != x.dim(axis) || parts.size() != o.node().outputCount()) {
      throw new IllegalArgumentException(
          "parts " + sizes + " do not fit axis " + axis + " of " + x);
    }
    return parts;
  }

  static List<HostTensor> slice(ConstantOperands o) {
    HostTensor x = o.get(0);
    long[] starts;
    long[] ends;
    long[] axes;
    if (o.opset() < 10) {
      Attributes a = o.attributes();
      starts = a.requiredIntegers("starts").stream().mapToLong(Long::longValue).toArray();
      ends = a.requiredIntegers("ends").stream().mapToLong(Long::longValue).toArray();
      List<Long> given = a.integers("axes");
      axes =
          given == null ? upTo(starts.length) : given.stream().mapToLong(Long::longValue).toArray();
    } else {
      starts = o.get(1).ints();
      ends = o.get(2).ints();
      axes = o.has(3) ? o.get(3).ints() : upTo(starts.length);
    }
    long[] steps = o.opset() >= 10 && o.has(4) ? o.get(4).ints() : ones(starts.length);
    if (ends.length != starts.length
        || axes.length != starts.length
        || steps.length != starts.length) {
      throw new IllegalArgumentException("starts, ends, axes and steps differ in length");
    }
    mask(axes, x.rank());
    long[] dims = x.dims();
    long[] strides = x.strides();
    long offset = 0;
    for (int i = 0; i < starts.length; i++) {
      int axis = ConstantOperands.axis(axes[i], x.rank());
      long size = dims[axis];
      long step = Math.clamp(steps[i], -Integer.MAX_VALUE, Integer.MAX_VALUE);
      if (step == 0) {
        throw new IllegalArgumentException("steps " + Arrays.toString(steps) + " contain 0");
      }
      long start = starts[i] < 0 ? Math.max(starts[i], -1 - size) + size : starts[i];
      long end = ends[i] < 0 ? Math.max(ends[i], -1 - size) + size : ends[i];
      if (step > 0) {
        start = Math.clamp(start, 0, size);
        end = Math.clamp(end, 0, size);
      } else {
        start = size == 0 ? -1 : Math.clamp(start, 0, size - 1);
        end = Math.clamp(end, -1, Math.max(-1, size - 1));
      }
      long count =
          Math.max(
              0, step > 0 ? Math.ceilDiv(end - start, step) : Math.ceilDiv(start - end, -step));
      offset += count == 0 ? 0 : start * strides[axis];
      dims[axis] = count;
      strides[axis] *= step;
    }
    o.spend(dims);
    return List.of(x.view(dims, offset, strides));
  }

  private static long[] upTo(int n) {
    return java.util.stream.LongStream.range(0, n).toArray();
  }

  private static long[] ones(int n) {
    long[] ones = new long[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  static List<HostTensor> gather(ConstantOperands o) {
    HostTensor x = o.get(0);
    HostTensor indices = o.get(1);
    int axis = ConstantOperands.axis(o.attributes().integer("axis", 0), x.rank());
    int outer = (int) HostTensor.elements(Arrays.copyOf(x.dims(), axis));
    int inner = (int) HostTensor.elements(Arrays.copyOfRange(x.dims(), axis + 1, x.rank()));
    long[] dims = new long[x.rank() - 1 + indices.rank()];
    System.arraycopy(x.dims(), 0, dims, 0, axis);
    System.arraycopy(indices.dims(), 0, dims, axis, indices.rank());
    System.arraycopy(x.dims(), axis + 1, dims, axis + indices.rank(), x.rank() - axis - 1);
    o.spend(dims);
    int[] from = new int[(int) HostTensor.elements(dims)];
    int next = 0;
    for (int r = 0; r < outer && from.length > 0; r++) {
      for (long index : indices.ints()) {
        long size = x.dim(axis);
        long at = index < 0 ? index + size : index;
        if (at < 0 || at >= size) {
          throw new IllegalArgumentException(
              "index " + index + " is outside axis " + axis + " of " + x);
        }
        for (int c = 0; c < inner; c++) {
          from[next++] = (int) ((r * size + at) * inner + c);
        }
      }
    }
    return List.of(x.pick(dims, from));
  }

  static List<HostTensor> range(ConstantOperands o) {
    if (o.opset() >= 27) {
      o.attributes().integer("stash_type", 1);
    }
    boolean real = o.get(0).isFloat();
    double[] v = new double[3];
    for (int i = 0; i < 3; i++) {
      HostTensor t = o.get(i);
      if (t.count() != 1 || t.type() != o.get(0).type()) {
        throw new IllegalArgumentException("start, limit and delta must be numbers of one type");
      }
      v[i] = real ? t.floats()[0] : t.ints()[0];
    }
    double steps = Math.ceil((v[1] - v[0]) / v[2]);
    if (v[2] == 0 || Double.isNaN(steps) || steps > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a range from " + v[0] + " to " + v[1] + " by " + v[2] + " has no end");
    }
    long[] dims = {Math.max(0, (long) steps)};
    o.spend(dims);
    int n = (int) dims[0];
    if (real) {
      float[] out = new float[n];
      for (int i = 0; i < n; i++) {
        out[i] = (float) (v[0] + i * v[2]);
      }
      return List.of(HostTensor.ofFloats(o.get(0).type(), dims, out));
    }
    long[] out = new long[n];
    for (int i = 0; i < n; i++) {
      out[i] = o.get(0).ints()[0] + i * o.get(2).ints()[0];
    }
    return List.of(HostTensor.ofInts(o.get(0).type(), dims, out));
  }
}
