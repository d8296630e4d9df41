package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.AutoPad;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Window;
import io.striate.op.contract.Data.Place;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * One convolution to test: shape, window, epilogue and where its tensors lie. The name holds
 * everything needed to repeat it.
 */
record ConvSpec(
    int n,
    int ic,
    int oc,
    List<Integer> in,
    Window window,
    int groups,
    Epilogue epilogue,
    Place src,
    Place dst,
    boolean constantWeights) {

  /** One image, dense channels-last, stride 1, no padding, no epilogue. */
  static ConvSpec of(int ic, int oc, List<Integer> in, Integer... kernel) {
    return new ConvSpec(
        1,
        ic,
        oc,
        in,
        Window.of(kernel),
        1,
        Epilogue.NONE,
        Place.CHANNELS_LAST,
        Place.CHANNELS_LAST,
        true);
  }

  ConvSpec images(int count) {
    return new ConvSpec(count, ic, oc, in, window, groups, epilogue, src, dst, constantWeights);
  }

  ConvSpec stride(Integer... values) {
    return window(window.withStride(values));
  }

  ConvSpec dilation(Integer... values) {
    return window(window.withDilation(values));
  }

  ConvSpec pad(Integer... values) {
    return window(window.withPadding(values));
  }

  ConvSpec pad(List<Integer> begin, List<Integer> end) {
    return window(window.withPadding(begin, end));
  }

  /** Padding by rule, resolved at once: kernels see explicit padding only. */
  ConvSpec pad(AutoPad mode) {
    return window(window.withAutoPad(mode).resolve(x()));
  }

  ConvSpec groups(int count) {
    return new ConvSpec(n, ic, oc, in, window, count, epilogue, src, dst, constantWeights);
  }

  ConvSpec epilogue(Epilogue next) {
    return new ConvSpec(n, ic, oc, in, window, groups, next, src, dst, constantWeights);
  }

  ConvSpec places(Place source, Place destination) {
    return new ConvSpec(
        n, ic, oc, in, window, groups, epilogue, source, destination, constantWeights);
  }

  ConvSpec weightsAtRun() {
    return new ConvSpec(n, ic, oc, in, window, groups, epilogue, src, dst, false);
  }

  private ConvSpec window(Window next) {
    return new ConvSpec(n, ic, oc, in, next, groups, epilogue, src, dst, constantWeights);
  }

  private Shape x() {
    return image(n, ic, in.stream().mapToLong(Integer::longValue).toArray());
  }

  private static Shape image(long n, long c, long... spatial) {
    long[] dims = new long[spatial.length + 2];
    dims[0] = n;
    dims[1] = c;
    System.arraycopy(spatial, 0, dims, 2, spatial.length);
    return Shape.of(dims);
  }

  private Shape w() {
    return image(oc, ic / groups, window.kernel().stream().mapToLong(Integer::longValue).toArray());
  }

  Conv op() {
    return new Conv(window, groups, epilogue);
  }

  /**
   * The case on small integers, where every order of summation is exact, or on reals, under the
   * error bound.
   */
  Case toCase(boolean integers, boolean sumsInDouble) {
    String name = this + (integers ? " integers" : " reals");
    Random random = new Random(name.hashCode());
    List<Arg> args = new ArrayList<>();
    args.add(image(random, x(), src, integers));
    Arg weights = Arg.dense(w(), Data.of(random, w(), integers));
    args.add(constantWeights ? weights.asConstant() : weights);
    if (epilogue.hasBias()) {
      args.add(Arg.dense(Shape.of(oc), Data.of(random, Shape.of(oc), integers)).asConstant());
    }
    Shape out = image(n, oc, window.outputs(x(), false));
    if (epilogue.hasResidual()) {
      args.add(image(random, out, dst, integers));
    }
    Layout layout = dst.layout(out);
    Conv op = op();
    return new Case(
        name,
        op,
        args,
        layout,
        () -> {
          Expected expected = ConvReference.conv(op, args, sumsInDouble);
          if (!integers || !Bounds.isExact(epilogue.activation())) {
            return expected;
          }
          long most = w().elements() / oc * 16 + 8;
          if (most > 1 << 24) {
            throw new AssertionError(name + " is not exact: sums reach " + most);
          }
          return Expected.exact(expected.value());
        });
  }

  private static Arg image(Random random, Shape shape, Place place, boolean integers) {
    return Arg.of(shape, place.layout(shape), Data.of(random, shape, integers));
  }

  @Override
  public String toString() {
    return "conv %dx%dx%s k%s s%s d%s p%s+%s oc%d g%d%s %s>%s%s"
        .formatted(
            n,
            ic,
            in.stream().map(String::valueOf).collect(Collectors.joining("x")),
            brief(window.kernel()),
            brief(window.stride()),
            brief(window.dilation()),
            brief(window.padBegin()),
            brief(window.padEnd()),
            oc,
            groups,
            epilogue,
            src,
            dst,
            constantWeights ? "" : " weights at run");
  }

  private static String brief(List<Integer> values) {
    return Arrays.toString(values.toArray()).replace(" ", "");
  }

  static Epilogue with(Activation activation) {
    return Epilogue.BIAS.withActivation(activation);
  }
}
