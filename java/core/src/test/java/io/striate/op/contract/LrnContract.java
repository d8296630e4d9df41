package io.striate.op.contract;

import io.striate.op.Lrn;
import io.striate.op.contract.Data.Place;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Local response normalisation across and within channels. */
abstract class LrnContract extends OpContract {
  LrnContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (boolean within : new boolean[] {false, true}) {
      for (int size : List.of(1, 2, 3, 4, 5, 9)) {
        for (int c : List.of(1, 3, 8, 16, 17, 40)) {
          out.add(
              one(
                  new Lrn(size, 1e-1f, 0.75f, 1, within),
                  Place.CHANNELS_LAST,
                  Shape.of(2, c, 4, 3)));
        }
      }
      for (Place place : Place.values()) {
        out.add(one(new Lrn(5, 1e-4f, 0.75f, 2, within), place, Shape.of(2, 19, 3, 5)));
      }
      for (float beta : List.of(0.5f, 1f, 0.6f, 2f)) {
        out.add(
            one(new Lrn(5, 0.5f, beta, 1.5f, within), Place.CHANNELS_LAST, Shape.of(1, 33, 3, 3)));
      }
    }
    out.add(one(new Lrn(5, 0.1f, 0.75f, 1, false), Place.CHANNELS_LAST, Shape.of(2, 9, 7)));
    out.add(one(new Lrn(5, 0.1f, 0.75f, 1, false), Place.CHANNELS_LAST, Shape.of(1, 9, 2, 3, 4)));
    return out.stream();
  }

  private static Case one(Lrn op, Place place, Shape x) {
    String name = op + " " + x + " " + place;
    Arg arg = Arg.of(x, place.layout(x), Data.reals(new Random(name.hashCode()), x, 5));
    return new Case(name, op, List.of(arg), place.layout(x), () -> reference(op, arg));
  }

  /**
   * The sum of n squares has relative error γ(n+2), raised to beta; the power itself may take 32
   * units.
   */
  private static Expected reference(Lrn op, Arg arg) {
    Shape x = arg.shape();
    double[] value = new double[arg.data().length];
    double[] bound = new double[value.length];
    int before = (op.size() - 1) / 2;
    int after = op.size() - 1 - before;
    double n = op.within() ? (double) op.size() * op.size() : op.size();
    Odometer.forEach(
        x.dims(),
        i -> {
          double squares = 0;
          for (int a = -before; a <= after; a++) {
            for (int b = op.within() ? -before : 0; b <= (op.within() ? after : 0); b++) {
              long[] j = i.clone();
              j[op.within() ? 2 : 1] += a;
              if (op.within()) {
                j[3] += b;
              }
              if (inside(x, j)) {
                squares += Math.pow(arg.data()[Odometer.at(x.dims(), j)], 2);
              }
            }
          }
          int at = Odometer.at(x.dims(), i);
          value[at] = arg.data()[at] / Math.pow(op.k() + op.alpha() / n * squares, op.beta());
          double relative = Bounds.gamma((long) n + 4) * Math.max(1, op.beta()) + 32 * Bounds.U;
          bound[at] = relative * Math.abs(value[at]);
        });
    return new Expected(value, bound);
  }

  private static boolean inside(Shape x, long[] i) {
    for (int d = 0; d < i.length; d++) {
      if (i[d] < 0 || i[d] >= x.dim(d)) {
        return false;
      }
    }
    return true;
  }

  @Override
  List<Integer> batched(Case c) {
    return List.of(0);
  }
}
