package io.striate.op.contract;

import io.striate.op.PRelu;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Parametric ReLU with a slope per channel, per element, per tensor and anything between. */
abstract class PReluContract extends OpContract {
  PReluContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    Shape x = Shape.of(2, 17, 3, 4);
    for (Shape slope :
        List.of(
            Shape.of(17, 1, 1),
            Shape.of(1, 17, 1, 1),
            Shape.of(1),
            x,
            Shape.of(3, 4),
            Shape.of())) {
      for (Placed p : ElementCases.placed(x)) {
        out.add(one(p, slope, true));
        out.add(one(p, slope, false));
      }
    }
    for (Placed p : ElementCases.placed(Shape.of(5, 9))) {
      out.add(one(p, Shape.of(9), true));
    }
    return out.stream();
  }

  private static Case one(Placed x, Shape slope, boolean constant) {
    String name = "prelu %s slope %s%s".formatted(x, slope, constant ? " constant" : "");
    Random random = new Random(name.hashCode());
    Arg a = Arg.of(x.shape(), x.layout(), Data.reals(random, x.shape(), 4));
    Arg s = Arg.dense(slope, Data.reals(random, slope, 1));
    List<Arg> args = List.of(a, constant ? s.asConstant() : s);
    return new Case(name, new PRelu(), args, x.layout(), () -> reference(args));
  }

  private static Expected reference(List<Arg> args) {
    Shape x = args.get(0).shape();
    double[] value = new double[Math.toIntExact(x.elements())];
    double[] bound = new double[value.length];
    Odometer.forEach(
        x.dims(),
        i -> {
          int at = Odometer.at(x.dims(), i);
          double v = args.get(0).data()[at];
          value[at] =
              v >= 0 ? v : v * args.get(1).data()[Odometer.broadcast(args.get(1).shape(), i)];
          bound[at] = Bounds.U * Math.abs(value[at]);
        });
    return new Expected(value, bound);
  }
}
