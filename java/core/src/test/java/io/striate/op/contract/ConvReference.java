package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import java.util.List;

/**
 * Convolution and transposed convolution as their formulas say, over any number of dimensions, in
 * float64.
 */
final class ConvReference {
  private ConvReference() {}

  /** Sums of products of operands 0 and 1, and the sums of the absolute values. */
  static final class Sums {
    private final float[] a;
    private final float[] b;
    private final Shape out;
    private final long terms;
    private final double[] value;
    private final double[] magnitude;

    /** Zero sums of the given shape; the longest has {@code terms} terms. */
    Sums(List<Arg> args, Shape out, long terms) {
      this.a = args.get(0).data();
      this.b = args.get(1).data();
      this.out = out;
      this.terms = terms;
      this.value = new double[Math.toIntExact(out.elements())];
      this.magnitude = new double[value.length];
    }

    /** Adds the product of two elements to a sum. */
    void add(int sum, int i, int j) {
      double product = (double) a[i] * b[j];
      value[sum] += product;
      magnitude[sum] += Math.abs(product);
    }
  }

  static Expected conv(Conv op, List<Arg> args, boolean sumsInDouble) {
    Shape x = args.get(0).shape();
    Shape w = args.get(1).shape();
    Shape out = op.infer(args.stream().map(Arg::shape).toList()).get(0);
    Sums sums = new Sums(args, out, op.window().taps() * w.dim(1));
    products(op.window(), out, x, w, w.dim(0) / op.groups(), sums::add);
    return finish(op.epilogue(), args, 1, sums, sumsInDouble);
  }

  static Expected convTranspose(ConvTranspose op, List<Arg> args, boolean sumsInDouble) {
    Shape x = args.get(0).shape();
    Shape w = args.get(1).shape();
    Shape out = op.infer(args.stream().map(Arg::shape).toList()).get(0);
    long perGroup = x.dim(1) / op.groups();
    Sums sums = new Sums(args, out, op.window().taps() * perGroup);
    products(op.window(), x, out, w, perGroup, (i, o, k) -> sums.add(o, i, k));
    return finish(op.epilogue(), args, 1, sums, sumsInDouble);
  }

  /** Takes the places of what belongs to one product: of the narrow side, the wide side, w. */
  private interface Product {
    void at(int narrow, int wide, int weight);
  }

  /**
   * All products of a convolution, or of a transposed one: an element of the narrow side (outputs;
   * inputs of a transposed one) meets those of the wide side under its window.
   *
   * @param perGroup channels of a group on the narrow side; w has those of the wide one
   */
  private static void products(
      Window window, Shape narrow, Shape wide, Shape w, long perGroup, Product product) {
    long[] kernel = window.kernel().stream().mapToLong(Integer::longValue).toArray();
    int wideStep = channelStep(wide);
    int weightStep = channelStep(w);
    Odometer.forEach(
        narrow.dims(),
        i -> {
          int at = Odometer.at(narrow.dims(), i);
          Odometer.forEach(
              kernel,
              k -> {
                long[] spatial = new long[k.length];
                for (int d = 0; d < k.length; d++) {
                  spatial[d] = position(window, d, i[d + 2], k[d]);
                  if (spatial[d] < 0 || spatial[d] >= wide.dim(d + 2)) {
                    return;
                  }
                }
                long firstChannel = i[1] / perGroup * w.dim(1);
                int wideAt = Odometer.at(wide.dims(), index(i[0], firstChannel, spatial));
                int weightAt = Odometer.at(w.dims(), index(i[1], 0, k));
                for (int c = 0; c < w.dim(1); c++) {
                  product.at(at, wideAt + c * wideStep, weightAt + c * weightStep);
                }
              });
        });
  }

  private static long position(Window window, int axis, long i, long k) {
    return i * window.stride().get(axis)
        + k * window.dilation().get(axis)
        - window.padBegin().get(axis);
  }

  private static long[] index(long first, long second, long... spatial) {
    long[] out = new long[spatial.length + 2];
    out[0] = first;
    out[1] = second;
    System.arraycopy(spatial, 0, out, 2, spatial.length);
    return out;
  }

  private static int channelStep(Shape shape) {
    long step = 1;
    for (int i = 2; i < shape.rank(); i++) {
      step *= shape.dim(i);
    }
    return Math.toIntExact(step);
  }

  /**
   * Adds bias and residual, applies the activation and derives the bound.
   *
   * @param channelAxis which index of the output selects the bias
   */
  static Expected finish(
      Epilogue epilogue, List<Arg> args, int channelAxis, Sums sums, boolean sumsInDouble) {
    Activation activation = epilogue.activation();
    double[] value = sums.value;
    double[] bound = new double[value.length];
    Odometer.forEach(
        sums.out.dims(),
        o -> {
          int at = Odometer.at(sums.out.dims(), o);
          double magnitude = sums.magnitude[at];
          if (epilogue.hasBias()) {
            float bias = args.get(2).data()[(int) o[channelAxis]];
            value[at] += bias;
            magnitude += Math.abs(bias);
          }
          if (epilogue.hasResidual()) {
            float residual = args.getLast().data()[at];
            value[at] += residual;
            magnitude += Math.abs(residual);
          }
          double z = value[at];
          double error =
              sumsInDouble
                  ? 1e-14 * magnitude
                  : Bounds.sum(sums.terms + epilogue.operands(), magnitude);
          value[at] = ActivationReference.apply(activation, z);
          bound[at] = Bounds.activated(activation, z, error, value[at]);
        });
    return new Expected(value, bound);
  }
}
