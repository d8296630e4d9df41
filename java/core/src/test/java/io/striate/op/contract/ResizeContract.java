package io.striate.op.contract;

import io.striate.op.Resize;
import io.striate.op.contract.Data.Place;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Nearest and linear interpolation under every coordinate rule over 1 to 3 dimensions. */
abstract class ResizeContract extends OpContract {
  ResizeContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (Resize.Mode mode : Resize.Mode.values()) {
      for (Resize.Coordinates coordinates : Resize.Coordinates.values()) {
        for (Resize.Nearest nearest :
            mode == Resize.Mode.NEAREST
                ? List.of(Resize.Nearest.values())
                : List.of(Resize.Nearest.FLOOR)) {
          each(out, mode, coordinates, nearest);
        }
      }
    }
    return out.stream();
  }

  private static void each(
      List<Case> out, Resize.Mode mode, Resize.Coordinates coordinates, Resize.Nearest nearest) {
    for (Place place : Place.values()) {
      out.add(sized(mode, coordinates, nearest, place, Shape.of(2, 17, 3, 5), 6L, 10L));
    }
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 5, 8, 6), 4L, 3L));
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 16, 6, 4), 14L, 7L));
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 3, 7, 7), 5L, 3L));
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 3, 5, 4), 1L, 1L));
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 3, 1, 1), 3L, 4L));
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 8, 4, 4), 4L, 4L));
    out.add(sized(mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(2, 3, 6), 9L));
    out.add(
        sized(
            mode, coordinates, nearest, Place.CHANNELS_LAST, Shape.of(1, 4, 2, 3, 4), 4L, 3L, 6L));
    Resize scaled = new Resize(mode, coordinates, nearest, List.of(), List.of(1.5f, 2.25f));
    out.add(one(scaled, Place.CHANNELS_LAST, Shape.of(1, 6, 5, 3)));
  }

  private static Case sized(
      Resize.Mode mode,
      Resize.Coordinates coordinates,
      Resize.Nearest nearest,
      Place place,
      Shape x,
      Long... sizes) {
    return one(new Resize(mode, coordinates, nearest, List.of(sizes), List.of()), place, x);
  }

  private static Case one(Resize op, Place place, Shape x) {
    String name =
        "resize %s %s %s %s > %s%s %s"
            .formatted(
                op.mode(), op.coordinates(), op.nearest(), x, op.sizes(), op.scales(), place);
    Arg arg = Arg.of(x, place.layout(x), Data.reals(new Random(name.hashCode()), x, 1));
    Shape out = op.infer(List.of(x)).get(0);
    return new Case(name, op, List.of(arg), place.layout(out), () -> reference(op, arg, out));
  }

  /**
   * Coordinates are exact here; a provider may round each to float, which moves it by 4u of its
   * size at most.
   */
  private static Expected reference(Resize op, Arg arg, Shape out) {
    Shape x = arg.shape();
    double[] value = new double[Math.toIntExact(out.elements())];
    double[] bound = new double[value.length];
    Odometer.forEach(
        out.dims(),
        o -> {
          double[] c = new double[o.length];
          double error = 4;
          for (int d = 2; d < o.length; d++) {
            double scale =
                op.scales().isEmpty() ? (double) out.dim(d) / x.dim(d) : op.scales().get(d - 2);
            c[d] = coordinate(op.coordinates(), o[d], scale, x.dim(d), out.dim(d));
            error += 2 * 4 * (x.dim(d) + 1);
          }
          int at = Odometer.at(out.dims(), o);
          long[] i = o.clone();
          value[at] =
              op.mode() == Resize.Mode.NEAREST ? nearest(op, arg, c, i) : linear(arg, c, i, 2);
          bound[at] = op.mode() == Resize.Mode.NEAREST ? 0 : error * Bounds.U;
        });
    return new Expected(value, bound);
  }

  private static double coordinate(
      Resize.Coordinates rule, long o, double scale, long in, long out) {
    return switch (rule) {
      case HALF_PIXEL -> (o + 0.5) / scale - 0.5;
      case PYTORCH_HALF_PIXEL -> out > 1 ? (o + 0.5) / scale - 0.5 : 0;
      case ALIGN_CORNERS -> out > 1 ? o * (in - 1.0) / (out - 1.0) : 0;
      case ASYMMETRIC -> o / scale;
    };
  }

  private static double nearest(Resize op, Arg arg, double[] c, long[] i) {
    for (int d = 2; d < i.length; d++) {
      double near =
          Math.abs(c[d] * 2 - Math.rint(c[d] * 2)) < 1e-9 ? Math.rint(c[d] * 2) / 2 : c[d];
      double rounded =
          switch (op.nearest()) {
            case ROUND_PREFER_FLOOR -> Math.ceil(near - 0.5);
            case ROUND_PREFER_CEIL -> Math.floor(near + 0.5);
            case FLOOR -> Math.floor(near);
            case CEIL -> Math.ceil(near);
          };
      i[d] = Math.clamp((long) rounded, 0, arg.shape().dim(d) - 1);
    }
    return arg.data()[Odometer.at(arg.shape().dims(), i)];
  }

  private static double linear(Arg arg, double[] c, long[] i, int axis) {
    if (axis == i.length) {
      return arg.data()[Odometer.at(arg.shape().dims(), i)];
    }
    long last = arg.shape().dim(axis) - 1;
    double at = Math.clamp(c[axis], 0, (double) last);
    long[] j = Arrays.copyOf(i, i.length);
    j[axis] = (long) at;
    double low = linear(arg, c, j, axis + 1);
    j[axis] = Math.min((long) at + 1, last);
    return low + (at - Math.floor(at)) * (linear(arg, c, j, axis + 1) - low);
  }
}
