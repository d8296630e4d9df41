package io.striate.op.contract;

import io.striate.op.Softmax;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Softmax and log-softmax over every axis. */
abstract class SoftmaxContract extends OpContract {
  SoftmaxContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (boolean log : new boolean[] {false, true}) {
      for (Placed p : ElementCases.placed()) {
        for (int axis = 0; axis < p.shape().rank(); axis++) {
          out.add(one(new Softmax(axis, log), p, 3));
        }
      }
      for (long n : List.of(1, 2, 10, 15, 16, 17, 100, 1000)) {
        Placed p = ElementCases.placed(Shape.of(2, n)).get(0);
        out.add(one(new Softmax(-1, log), p, 10));
        out.add(one(new Softmax(1, log), p, 300));
      }
    }
    return out.stream();
  }

  private static Case one(Softmax op, Placed p, float scale) {
    String name = "%s axis %d of %s x%s".formatted(op.type(), op.axis(), p, scale);
    Arg arg =
        Arg.of(p.shape(), p.layout(), Data.reals(new Random(name.hashCode()), p.shape(), scale));
    return new Case(name, op, List.of(arg), p.layout(), () -> reference(op, arg));
  }

  /**
   * exp(x-m): 4u for itself and u·|x-m| for its rounded argument; the sum of n of them γ(n+8);
   * results below 1e-37 may be flushed to 0.
   */
  private static Expected reference(Softmax op, Arg arg) {
    Shape x = arg.shape();
    int axis = x.axis(op.axis());
    double[] value = new double[arg.data().length];
    double[] bound = new double[value.length];
    Odometer.forEach(
        x.dims(),
        i -> {
          double most = Double.NEGATIVE_INFINITY;
          long[] j = i.clone();
          for (j[axis] = 0; j[axis] < x.dim(axis); j[axis]++) {
            most = Math.max(most, arg.data()[Odometer.at(x.dims(), j)]);
          }
          double sum = 0;
          double spread = 0;
          for (j[axis] = 0; j[axis] < x.dim(axis); j[axis]++) {
            double shifted = arg.data()[Odometer.at(x.dims(), j)] - most;
            sum += Math.exp(shifted);
            spread += Math.exp(shifted) * -shifted;
          }
          int at = Odometer.at(x.dims(), i);
          double shifted = arg.data()[at] - most;
          double relative = Bounds.gamma(x.dim(axis) + 8) + Bounds.U * spread / sum;
          if (op.log()) {
            value[at] = shifted - Math.log(sum);
            bound[at] = relative + 4 * Bounds.U * (Math.abs(shifted) + Math.log(sum));
          } else {
            value[at] = Math.exp(shifted) / sum;
            bound[at] = value[at] * (relative + 2 * Bounds.U * Math.abs(shifted)) + 1e-37;
          }
        });
    return new Expected(value, bound);
  }
}
