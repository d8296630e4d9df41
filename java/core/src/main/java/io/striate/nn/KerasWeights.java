package io.striate.nn;

import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Gemm;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Names and layouts of Keras; see {@link WeightMap#keras()}. */
final class KerasWeights implements WeightMap {

  @Override
  public Source source(Target t, int index) {
    return switch (t.kind()) {
      case "weight" -> weight(t, index);
      case "bias" -> flat(t, index, t.op() instanceof io.striate.op.BatchNorm ? "beta" : "bias");
      case "running_mean" -> flat(t, index, "moving_mean");
      case "running_var" -> flat(t, index, "moving_variance");
      default -> flat(t, index, t.kind());
    };
  }

  private static Source weight(Target t, int index) {
    Shape w = t.shape();
    return switch (t.op()) {
      case Conv c when c.groups() > 1 && w.dim(1) == 1 -> depthwise(t, index, c.groups());
      case Conv c -> kernel(t, index);
      case ConvTranspose c -> kernel(t, index);
      case Gemm g -> dense(t, index);
      case io.striate.op.PRelu p -> flat(t, index, "alpha");
      case io.striate.op.BatchNorm b -> flat(t, index, "gamma");
      default -> flat(t, index, "weight");
    };
  }

  private static List<String> names(Target t, int index, String... kinds) {
    List<String> names = new ArrayList<>();
    for (String kind : kinds) {
      names.add(t.layer() + "/" + kind);
      names.add(t.layer() + "/" + kind + ":0");
      names.add(t.layer() + "/" + t.layer() + "/" + kind + ":0");
    }
    names.add("arr_" + index);
    return names;
  }

  /** One value per channel. */
  private static Source flat(Target t, int index, String kind) {
    Shape flat = Shape.of(t.shape().elements());
    return new Source(
        names(t, index, kind),
        flat,
        tensor -> new Tensor(TensorDesc.f32(t.shape()), tensor.data()));
  }

  /** K…, I, O (transposed: K…, O, I) to the model's two channel dimensions in front. */
  private static Source kernel(Target t, int index) {
    Shape w = t.shape();
    long[] window = Arrays.copyOfRange(w.dims(), 2, w.rank());
    Shape file =
        Shape.of(
            LongStream.concat(LongStream.of(window), LongStream.of(w.dim(1), w.dim(0))).toArray());
    long[] in = Layout.rowMajor(file).strides();
    long[] strides = new long[w.rank()];
    strides[0] = in[in.length - 1];
    strides[1] = in[in.length - 2];
    System.arraycopy(in, 0, strides, 2, window.length);
    return new Source(names(t, index, "kernel"), file, tensor -> view(tensor, w, strides));
  }

  /** K…, C, M to C·M, 1, K…. */
  private static Source depthwise(Target t, int index, long channels) {
    Shape w = t.shape();
    long[] window = Arrays.copyOfRange(w.dims(), 2, w.rank());
    long multiplier = w.dim(0) / channels;
    Shape file =
        Shape.of(
            LongStream.concat(LongStream.of(window), LongStream.of(channels, multiplier))
                .toArray());
    long[] in = Layout.rowMajor(file).strides();
    long[] strides = new long[w.rank()];
    strides[0] = 1;
    System.arraycopy(in, 0, strides, 2, window.length);
    return new Source(
        names(t, index, "depthwise_kernel", "kernel"), file, tensor -> view(tensor, w, strides));
  }

  /** In, out to out, in; the inputs of a flattened image go from H, W, C to C, H, W. */
  private static Source dense(Target t, int index) {
    Shape w = t.shape();
    long out = w.dim(0);
    long[] before = t.flattened().map(Shape::dims).orElse(new long[] {1, w.dim(1)});
    long[] dims = before.clone();
    dims[0] = out;
    long[] strides = new long[dims.length];
    strides[0] = 1;
    strides[1] = out;
    long step = out * before[1];
    for (int i = dims.length - 1; i >= 2; i--) {
      strides[i] = step;
      step *= dims[i];
    }
    return new Source(
        names(t, index, "kernel"),
        Shape.of(w.dim(1), out),
        tensor -> {
          Tensor dense = Weights.dense(view(tensor, Shape.of(dims), strides), Arena.ofAuto());
          return new Tensor(TensorDesc.f32(w), dense.data());
        });
  }

  private static Tensor view(Tensor file, Shape shape, long[] strides) {
    return new Tensor(TensorDesc.f32(shape, Layout.of(0, strides)), file.data());
  }
}
