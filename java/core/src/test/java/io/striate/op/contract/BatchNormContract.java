package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Batch normalisation, its parameters as constants and at run. */
abstract class BatchNormContract extends OpContract {
  BatchNormContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (Placed p : ElementCases.placed()) {
      if (p.shape().rank() >= 2) {
        out.add(one(p, new BatchNorm(1e-5f, Activation.NONE), true));
        out.add(one(p, new BatchNorm(1e-3f, Activation.RELU), false));
      }
    }
    Placed p = ElementCases.placed(Shape.of(2, 19, 3, 2)).get(1);
    for (Activation a : ConvSpecs.activations()) {
      out.add(one(p, new BatchNorm(0.01f, a), true));
    }
    return out.stream();
  }

  private static Case one(Placed x, BatchNorm op, boolean constant) {
    String name =
        "batch_norm %s eps%s %s%s"
            .formatted(x, op.epsilon(), op.activation(), constant ? " constant" : "");
    Random random = new Random(name.hashCode());
    List<Arg> args = new ArrayList<>();
    args.add(Arg.of(x.shape(), x.layout(), Data.reals(random, x.shape(), 3)));
    Shape channels = Shape.of(x.shape().dim(1));
    for (int i = 1; i < 5; i++) {
      float[] data = Data.reals(random, channels, 1);
      for (int c = 0; c < data.length && i == 4; c++) {
        data[c] = Math.abs(data[c]) + 0.01f;
      }
      Arg arg = Arg.dense(channels, data);
      args.add(constant ? arg.asConstant() : arg);
    }
    return new Case(name, op, args, x.layout(), () -> reference(op, args));
  }

  /**
   * Allows the folded form x·a + b with a = scale/√(variance + ε), b = shift - mean·a: about eight
   * roundings of terms that may be larger than the result.
   */
  private static Expected reference(BatchNorm op, List<Arg> args) {
    Shape x = args.get(0).shape();
    double[] value = new double[Math.toIntExact(x.elements())];
    double[] bound = new double[value.length];
    Odometer.forEach(
        x.dims(),
        i -> {
          int at = Odometer.at(x.dims(), i);
          int c = (int) i[1];
          double v = args.get(0).data()[at];
          double scale =
              args.get(1).data()[c] / Math.sqrt((double) args.get(4).data()[c] + op.epsilon());
          double shift = args.get(2).data()[c];
          double mean = args.get(3).data()[c];
          double z = scale * (v - mean) + shift;
          double error =
              8 * Bounds.U * (Math.abs(scale) * (Math.abs(v) + Math.abs(mean)) + Math.abs(shift));
          value[at] = ActivationReference.apply(op.activation(), z);
          bound[at] = Bounds.activated(op.activation(), z, error, value[at]);
        });
    return new Expected(value, bound);
  }

  @Override
  List<Integer> batched(Case c) {
    return List.of(0);
  }
}
