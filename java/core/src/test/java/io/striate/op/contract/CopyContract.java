package io.striate.op.contract;

import io.striate.op.Copy;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Copies between any two layouts, bits unchanged. */
abstract class CopyContract extends OpContract {
  CopyContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    List<Shape> shapes =
        List.of(
            Shape.of(),
            Shape.of(5),
            Shape.of(33, 17),
            Shape.of(2, 3, 7),
            Shape.of(2, 17, 5, 9),
            Shape.of(1, 3, 8, 8),
            Shape.of(2, 3, 37, 41),
            Shape.of(1, 64, 4, 4),
            Shape.of(2, 16, 16, 16),
            Shape.of(1, 20, 40, 33),
            Shape.of(1, 7, 2, 3, 4),
            Shape.of(2, 2, 3, 2, 3, 2));
    for (Shape shape : shapes) {
      for (Placed from : ElementCases.placed(shape)) {
        for (Placed to : ElementCases.placed(shape)) {
          out.add(one(from, to));
        }
      }
    }
    return out.stream();
  }

  private static Case one(Placed from, Placed to) {
    String name = "copy " + from + " > " + to;
    Arg arg =
        Arg.of(
            from.shape(), from.layout(), Data.reals(new Random(name.hashCode()), from.shape(), 1));
    return new Case(
        name,
        new Copy(),
        List.of(arg),
        to.layout(),
        () -> {
          double[] value = new double[arg.data().length];
          for (int i = 0; i < value.length; i++) {
            value[i] = arg.data()[i];
          }
          return Expected.exact(value);
        });
  }
}
