package io.striate.op.contract;

import io.striate.op.KernelOp;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Shapes and layouts for ops that accept any rank: dense, channels-last, padded, sliced, permuted,
 * reversed.
 */
final class ElementCases {
  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(1),
          Shape.of(7),
          Shape.of(64),
          Shape.of(3, 5),
          Shape.of(1, 33),
          Shape.of(2, 3, 4),
          Shape.of(1, 17, 9),
          Shape.of(2, 16, 3, 5),
          Shape.of(1, 3, 6, 7),
          Shape.of(3, 65, 2, 2),
          Shape.of(1, 1, 1, 1),
          Shape.of(2, 5, 2, 3, 4),
          Shape.of(1, 2, 1, 3, 2, 2));

  private ElementCases() {}

  /** A shape with a layout and a name for it. */
  record Placed(Shape shape, Layout layout, String name) {
    @Override
    public String toString() {
      return shape + " " + name;
    }
  }

  /** Every shape in every layout that it can have. */
  static List<Placed> placed() {
    List<Placed> out = new ArrayList<>();
    for (Shape shape : SHAPES) {
      out.addAll(placed(shape));
    }
    return out;
  }

  static List<Placed> placed(Shape shape) {
    List<Placed> out = new ArrayList<>();
    out.add(new Placed(shape, Layout.rowMajor(shape), "ROW_MAJOR"));
    if (shape.rank() >= 3) {
      for (Data.Place place : Data.Place.values()) {
        if (place != Data.Place.ROW_MAJOR) {
          out.add(new Placed(shape, place.layout(shape), place.name()));
        }
      }
    }
    for (int i = 0; i < 2; i++) {
      Layout any = Data.anyLayout(new Random(31L * shape.hashCode() + i), shape);
      out.add(new Placed(shape, any, any.toString()));
    }
    return out;
  }

  /** Cases of an op of one operand whose result has the operand's shape and layout. */
  static Stream<Case> sameShape(
      String name,
      KernelOp op,
      Function<Random, Float> element,
      Function<Arg, Expected> reference) {
    return placed().stream()
        .map(
            p -> {
              String full = name + " " + p;
              Random random = new Random(full.hashCode());
              float[] data = new float[Math.toIntExact(p.shape().elements())];
              for (int i = 0; i < data.length; i++) {
                data[i] = element.apply(random);
              }
              Arg arg = Arg.of(p.shape(), p.layout(), data);
              return new Case(full, op, List.of(arg), p.layout(), () -> reference.apply(arg));
            });
  }
}
