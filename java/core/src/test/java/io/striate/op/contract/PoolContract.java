package io.striate.op.contract;

import io.striate.op.AutoPad;
import io.striate.op.Pool;
import io.striate.op.Window;
import io.striate.op.contract.Data.Place;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pooling of every kind over 1 to 3 dimensions. */
abstract class PoolContract extends OpContract {
  /** p = 3 goes through exp and log, whose errors grow with the exponent; p = 1 and 2 do not. */
  private static final int POWER_ULPS = 64;

  PoolContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (int c : List.of(1, 3, 8, 15, 16, 17, 33, 64, 65)) {
      each(out, Window.of(3, 3).withStride(2), false, Place.CHANNELS_LAST, 1, c, 7, 9);
      each(out, Window.of(2, 2).withStride(2), false, Place.CHANNELS_LAST, 2, c, 4, 6);
    }
    for (int c : List.of(2, 3, 5, 6, 7, 12)) { // lines below a vector, more than are staged at once
      each(out, Window.of(2, 2).withStride(2), false, Place.CHANNELS_LAST, 1, c, 5, 140);
      each(out, Window.of(3, 3).withPadding(1), true, Place.PITCH, 2, c, 3, 70);
      each(out, Window.of(2, 4).withStride(1, 3), false, Place.CHANNELS_LAST, 1, c, 6, 13);
    }
    for (Place place : Place.values()) {
      each(out, Window.of(3, 3).withPadding(1), false, place, 2, 19, 5, 4);
      each(out, Window.of(3, 3).withStride(2).withPadding(1), true, place, 1, 7, 6, 7);
    }
    each(out, Window.of(5, 6), false, Place.CHANNELS_LAST, 2, 20, 5, 6);
    each(out, Window.of(1, 1), false, Place.CHANNELS_LAST, 1, 5, 3, 3);
    each(out, Window.of(1, 1).withStride(3), false, Place.CHANNELS_LAST, 1, 5, 7, 8);
    each(
        out,
        Window.of(2, 3).withStride(1, 2).withPadding(List.of(1, 2), List.of(0, 1)),
        false,
        Place.PITCH,
        1,
        6,
        5,
        6);
    each(out, Window.of(3, 3).withStride(2), true, Place.CHANNELS_LAST, 1, 9, 6, 8);
    each(out, Window.of(2, 2).withStride(3), true, Place.CHANNELS_LAST, 1, 9, 6, 8);
    each(out, Window.of(3, 3).withStride(3).withPadding(1), true, Place.CHANNELS_LAST, 1, 4, 5, 5);
    each(out, Window.of(2, 2).withDilation(2), false, Place.CHANNELS_LAST, 1, 6, 5, 6);
    each(
        out,
        Window.of(3, 2).withDilation(2, 3).withPadding(2, 1),
        false,
        Place.CHANNELS_LAST,
        1,
        6,
        7,
        6);
    each(
        out,
        same(Window.of(3, 3).withStride(2), AutoPad.SAME_UPPER, 1, 5, 7, 8),
        false,
        Place.CHANNELS_LAST,
        1,
        5,
        7,
        8);
    each(
        out,
        same(Window.of(2, 2), AutoPad.SAME_LOWER, 1, 5, 3, 4),
        false,
        Place.CHANNELS_LAST,
        1,
        5,
        3,
        4);
    for (int length : List.of(1, 2, 7, 16)) {
      each(
          out,
          Window.of(2).withPadding(1).withStride(2),
          false,
          Place.CHANNELS_LAST,
          2,
          17,
          length);
    }
    each(out, Window.of(3).withStride(2), true, Place.ROW_MAJOR, 2, 3, 8);
    each(out, Window.of(2, 2, 2).withStride(2), false, Place.CHANNELS_LAST, 1, 18, 4, 5, 6);
    each(
        out,
        Window.of(3, 2, 3).withPadding(1, 0, 1).withStride(2, 1, 1),
        true,
        Place.PITCH,
        2,
        5,
        4,
        3,
        6);
    Random random = new Random(Seeds.seed());
    Place[] places = Place.values();
    for (int i = 0; i < 40; i++) {
      Integer[] kernel = {1 + random.nextInt(4), 1 + random.nextInt(4)};
      Window window =
          Window.of(kernel)
              .withStride(1 + random.nextInt(3), 1 + random.nextInt(3))
              .withPadding(
                  List.of(random.nextInt(kernel[0]), random.nextInt(kernel[1])),
                  List.of(random.nextInt(kernel[0]), random.nextInt(kernel[1])));
      Place place = places[random.nextInt(places.length)];
      each(
          out,
          window,
          random.nextBoolean(),
          place,
          1 + random.nextInt(2),
          1 + random.nextInt(40),
          4 + random.nextInt(8),
          4 + random.nextInt(8));
    }
    return out.stream();
  }

  private static Window same(Window window, AutoPad mode, long... x) {
    return window.withAutoPad(mode).resolve(Shape.of(x));
  }

  /** One case of every kind. */
  private void each(List<Case> out, Window window, boolean ceil, Place place, long... x) {
    for (Pool.Kind kind : Pool.Kind.values()) {
      if (kind == Pool.Kind.LP) {
        for (float p : new float[] {1, 2, 3}) {
          out.add(one(new Pool(kind, window, ceil, p), place, Shape.of(x)));
        }
      } else {
        out.add(one(new Pool(kind, window, ceil, 0), place, Shape.of(x)));
      }
    }
  }

  private Case one(Pool op, Place place, Shape x) {
    Window w = op.window();
    String name =
        "%s%s %s k%s s%s d%s p%s+%s%s %s"
            .formatted(
                op.type(),
                op.p() == 0 ? "" : "(" + op.p() + ")",
                x,
                w.kernel(),
                w.stride(),
                w.dilation(),
                w.padBegin(),
                w.padEnd(),
                op.ceilMode() ? " ceil" : "",
                place);
    Random random = new Random(name.hashCode());
    List<Arg> args = new ArrayList<>();
    args.add(Arg.of(x, place.layout(x), Data.reals(random, x, 3)));
    if (op.kind() == Pool.Kind.WEIGHTED) {
      Shape kernel = Shape.of(w.kernel().stream().map(Integer::longValue).toList());
      float[] weights = Data.reals(random, kernel, 0.5f);
      for (int i = 0; i < weights.length; i++) {
        weights[i] += 0.75f;
      }
      args.add(Arg.dense(kernel, weights).asConstant());
    }
    Shape out = op.infer(args.stream().map(Arg::shape).toList()).get(0);
    return new Case(name, op, args, place.layout(out), () -> reference(op, args, out));
  }

  private Expected reference(Pool op, List<Arg> args, Shape out) {
    double[] value = new double[Math.toIntExact(out.elements())];
    double[] bound = new double[value.length];
    Odometer.forEach(
        out.dims(),
        o -> {
          Element e = new Element(op, args, o);
          int at = Odometer.at(out.dims(), o);
          value[at] = e.value();
          double terms = description().sumsInDouble() ? 1 : w(op) + 2;
          bound[at] =
              switch (op.kind()) {
                case MAX -> 0;
                case AVERAGE_EXCLUDE_PAD -> Bounds.gamma((long) terms) * e.magnitude / e.real;
                case AVERAGE_INCLUDE_PAD -> Bounds.gamma((long) terms) * e.magnitude / e.padded;
                case LP -> Bounds.gamma((long) terms + (op.p() > 2 ? POWER_ULPS : 2)) * value[at];
                case WEIGHTED -> 2 * Bounds.gamma((long) terms) * e.magnitude / e.weights;
              };
        });
    return new Expected(value, bound);
  }

  private static long w(Pool op) {
    return op.window().taps();
  }

  /** The numbers that one output element is made of. */
  private static final class Element {
    private final Pool op;
    private double sum;
    private double magnitude;
    private double weights;
    private double most = Double.NEGATIVE_INFINITY;
    private long real;
    private long padded;

    Element(Pool op, List<Arg> args, long[] o) {
      this.op = op;
      Shape x = args.get(0).shape();
      Window win = op.window();
      long[] kernel = win.kernel().stream().mapToLong(Integer::longValue).toArray();
      Odometer.forEach(
          kernel,
          k -> {
            long[] i = o.clone();
            boolean inside = true;
            for (int d = 0; d < k.length; d++) {
              i[d + 2] =
                  o[d + 2] * win.stride().get(d)
                      + k[d] * win.dilation().get(d)
                      - win.padBegin().get(d);
              if (i[d + 2] >= x.dim(d + 2) + win.padEnd().get(d)) {
                return;
              }
              inside &= i[d + 2] >= 0 && i[d + 2] < x.dim(d + 2);
            }
            padded++;
            if (inside) {
              double weight = args.size() > 1 ? args.get(1).data()[Odometer.at(kernel, k)] : 1;
              add(args.get(0).data()[Odometer.at(x.dims(), i)], weight);
            }
          });
    }

    private void add(double x, double weight) {
      double term = op.kind() == Pool.Kind.LP ? Math.pow(Math.abs(x), op.p()) : weight * x;
      sum += term;
      magnitude += Math.abs(term);
      weights += weight;
      most = Math.max(most, x);
      real++;
    }

    double value() {
      return switch (op.kind()) {
        case MAX -> most;
        case AVERAGE_EXCLUDE_PAD -> sum / real;
        case AVERAGE_INCLUDE_PAD -> sum / padded;
        case LP -> Math.pow(sum, 1.0 / op.p());
        case WEIGHTED -> sum / weights;
      };
    }
  }

  @Override
  List<Integer> batched(Case c) {
    return List.of(0);
  }

  @Test
  void paddingByRuleIsRefused() {
    Window same = Window.of(3, 3).withAutoPad(AutoPad.SAME_UPPER);
    new Manners(this).refusesPaddingByRule(Pool.max(same), Shape.of(1, 4, 5, 5));
  }
}
