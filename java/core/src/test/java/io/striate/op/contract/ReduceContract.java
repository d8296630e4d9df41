package io.striate.op.contract;

import io.striate.op.Reduce;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Sum, mean and maximum over every set of axes. */
abstract class ReduceContract extends OpContract {
  ReduceContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (Reduce.Kind kind : Reduce.Kind.values()) {
      for (Placed p : ElementCases.placed(Shape.of(2, 17, 3, 5))) {
        for (int mask = 0; mask < 16; mask++) {
          out.add(one(kind, axes(mask), mask % 3 == 0, p));
        }
      }
      for (Placed p : ElementCases.placed()) {
        out.add(one(kind, List.of(-1), false, p));
        out.add(one(kind, List.of(0), true, p));
        out.add(one(kind, List.of(), false, p));
      }
    }
    return out.stream();
  }

  /** No axes would mean all of them, which mask 15 says too. */
  private static List<Integer> axes(int mask) {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      if ((mask >> i & 1) != 0) {
        out.add(i);
      }
    }
    return out;
  }

  private static Case one(Reduce.Kind kind, List<Integer> axes, boolean keepDims, Placed p) {
    Reduce op = new Reduce(kind, axes, keepDims);
    String name = "%s %s keep %s of %s".formatted(op.type(), axes, keepDims, p);
    Random random = new Random(name.hashCode());
    Arg arg = Arg.of(p.shape(), p.layout(), Data.reals(random, p.shape(), 2));
    Shape out = op.infer(List.of(p.shape())).get(0);
    Layout layout = random.nextBoolean() ? Layout.rowMajor(out) : Data.anyLayout(random, out);
    return new Case(name + " > " + layout, op, List.of(arg), layout, () -> reference(op, arg, out));
  }

  private static Expected reference(Reduce op, Arg arg, Shape out) {
    Shape x = arg.shape();
    int mask = op.mask(x);
    double[] value = new double[Math.toIntExact(out.elements())];
    double[] bound = new double[value.length];
    double[] magnitude = new double[value.length];
    if (op.kind() == Reduce.Kind.MAX) {
      Arrays.fill(value, Double.NEGATIVE_INFINITY);
    }
    Odometer.forEach(
        x.dims(),
        i -> {
          int at = 0;
          for (int d = 0; d < i.length; d++) {
            at = (mask >> d & 1) == 0 ? at * (int) x.dim(d) + (int) i[d] : at;
          }
          double v = arg.data()[Odometer.at(x.dims(), i)];
          value[at] = op.kind() == Reduce.Kind.MAX ? Math.max(value[at], v) : value[at] + v;
          magnitude[at] += Math.abs(v);
        });
    long n = x.elements() / out.elements();
    for (int at = 0; at < value.length; at++) {
      double divisor = op.kind() == Reduce.Kind.MEAN ? n : 1;
      value[at] /= divisor;
      bound[at] = op.kind() == Reduce.Kind.MAX ? 0 : Bounds.gamma(n + 2) * magnitude[at] / divisor;
    }
    return new Expected(value, bound);
  }
}
