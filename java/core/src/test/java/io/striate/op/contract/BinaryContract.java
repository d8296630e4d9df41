package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Arithmetic of two operands, broadcast in every way, and a product with an addend. */
abstract class BinaryContract extends OpContract {
  private static final List<List<Shape>> BROADCASTS =
      List.of(
          List.of(Shape.of(2, 16, 3, 5), Shape.of(16, 1, 1)),
          List.of(Shape.of(2, 17, 3, 5), Shape.of(1, 17, 1, 1)),
          List.of(Shape.of(2, 17, 3, 5), Shape.of(2, 17, 1, 1)),
          List.of(Shape.of(2, 40, 9, 70), Shape.of(2, 40, 1, 1)),
          List.of(Shape.of(2, 40, 1, 1), Shape.of(2, 40, 9, 70)),
          List.of(Shape.of(2, 3, 4, 5), Shape.of(2, 1, 4, 5)),
          List.of(Shape.of(2, 3, 4, 5), Shape.of(4, 5)),
          List.of(Shape.of(2, 3, 4, 5), Shape.of(5)),
          List.of(Shape.of(2, 3, 4, 5), Shape.of()),
          List.of(Shape.of(5), Shape.of(2, 3, 4, 5)),
          List.of(Shape.of(3, 1), Shape.of(1, 7)),
          List.of(Shape.of(2, 1, 4, 1), Shape.of(1, 3, 1, 5)),
          List.of(Shape.of(1, 33), Shape.of(33)),
          List.of(Shape.of(), Shape.of()));

  BinaryContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (Binary.Kind kind : Binary.Kind.values()) {
      for (Placed p : ElementCases.placed()) {
        out.add(one(Binary.of(kind), p, p, p, false));
      }
      for (List<Shape> pair : BROADCASTS) {
        Shape dst = Shape.broadcast(pair.get(0), pair.get(1));
        List<Placed> as = ElementCases.placed(pair.get(0));
        List<Placed> bs = ElementCases.placed(pair.get(1));
        List<Placed> ds = ElementCases.placed(dst);
        for (int i = 0; i < ds.size(); i++) {
          Placed a = as.get(i % as.size());
          Placed b = bs.get(i % bs.size());
          out.add(one(Binary.of(kind), a, b, ds.get(i), false));
        }
        out.add(one(Binary.of(kind), as.get(0), bs.get(0), ds.get(0), true));
      }
    }
    for (Activation a : ConvSpecs.activations()) {
      Placed p = ElementCases.placed(Shape.of(1, 19, 3, 2)).get(1);
      out.add(one(new Binary(Binary.Kind.ADD, a), p, p, p, false));
    }
    for (Placed p : ElementCases.placed()) {
      out.add(multiplyAdd(Activation.NONE, p, p, p, p, false));
    }
    for (List<Shape> pair : BROADCASTS) {
      List<Placed> as = ElementCases.placed(pair.get(0));
      List<Placed> bs = ElementCases.placed(pair.get(1));
      List<Placed> ds = ElementCases.placed(Shape.broadcast(pair.get(0), pair.get(1)));
      for (int i = 0; i < ds.size(); i++) {
        Placed a = as.get(i % as.size());
        Placed b = bs.get(i % bs.size());
        Placed c = ds.get(i % 2 == 0 ? i : (i + 1) % ds.size());
        Activation activation = i % 3 == 0 ? Activation.TANH : Activation.RELU;
        out.add(multiplyAdd(activation, a, b, c, ds.get(i), i == 0));
      }
    }
    return out.stream();
  }

  private static Case multiplyAdd(
      Activation activation, Placed a, Placed b, Placed c, Placed dst, boolean constant) {
    Binary op = Binary.multiplyAdd().withActivation(activation);
    String name =
        "%s %s, %s, %s > %s %s%s"
            .formatted(op.type(), a, b, c, dst, activation, constant ? " constant" : "");
    Random random = new Random(name.hashCode());
    Arg addend = Arg.of(c.shape(), c.layout(), Data.reals(random, c.shape(), 4));
    List<Arg> args =
        List.of(
            Arg.of(a.shape(), a.layout(), Data.reals(random, a.shape(), 4)),
            Arg.of(b.shape(), b.layout(), Data.reals(random, b.shape(), 1)),
            constant ? addend.asConstant() : addend);
    return new Case(name, op, args, dst.layout(), () -> reference(op, args, dst.shape()));
  }

  private static Case one(Binary op, Placed a, Placed b, Placed dst, boolean constant) {
    String name =
        "%s %s, %s > %s %s%s"
            .formatted(op.type(), a, b, dst, op.activation(), constant ? " constant" : "");
    Random random = new Random(name.hashCode());
    Arg left = Arg.of(a.shape(), a.layout(), Data.reals(random, a.shape(), 8));
    float[] data = Data.reals(random, b.shape(), 2);
    for (int i = 0; i < data.length; i++) {
      data[i] += data[i] < 0 ? -0.25f : 0.25f;
    }
    Arg right = Arg.of(b.shape(), b.layout(), data);
    List<Arg> args = List.of(left, constant ? right.asConstant() : right);
    return new Case(name, op, args, dst.layout(), () -> reference(op, args, dst.shape()));
  }

  private static Expected reference(Binary op, List<Arg> args, Shape out) {
    double[] value = new double[Math.toIntExact(out.elements())];
    double[] bound = new double[value.length];
    Odometer.forEach(
        out.dims(),
        o -> {
          int at = Odometer.at(out.dims(), o);
          double a = args.get(0).data()[Odometer.broadcast(args.get(0).shape(), o)];
          double b = args.get(1).data()[Odometer.broadcast(args.get(1).shape(), o)];
          double c =
              op.hasAddend() ? args.get(2).data()[Odometer.broadcast(args.get(2).shape(), o)] : 0;
          double z =
              switch (op.kind()) {
                case ADD -> a + b;
                case SUB -> a - b;
                case MUL -> a * b + c;
                case DIV -> a / b;
              };
          double rounding = Bounds.U * Math.abs(z);
          if (op.hasAddend()) {
            rounding += Bounds.U * Math.abs(a * b) * (1 + Bounds.U);
          }
          value[at] = ActivationReference.apply(op.activation(), z);
          bound[at] = Bounds.activated(op.activation(), z, rounding, value[at]);
        });
    return new Expected(value, bound);
  }
}
