package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.Unary;
import io.striate.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/** Activations on tensors of any layout, and on the arguments where their formulas are delicate. */
abstract class UnaryContract extends OpContract {
  /** Around zero, around the ends of float exp, and where results saturate. */
  private static final float[] EDGES = {
    0f, -0f, 1e-30f, -1e-30f, 1e-6f, -1e-6f, 1e-3f, -1e-3f, 0.5f, -0.5f, 1f, -1f, 2.5f, -2.5f, 3f,
    -3f, 5f, -5f, 6f, -6f, 9f, -9f, 12f, -12f, 17f, -17f, 30f, -30f, 87f, -87f, 88.8f, -88.8f, 104f,
    -104f, 1000f, -1000f, 1e4f, -1e4f
  };

  UnaryContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    return ConvSpecs.activations().stream()
        .flatMap(
            a ->
                Stream.concat(
                    Stream.of(edges(a)),
                    ElementCases.sameShape(
                        a.toString(),
                        new Unary(a),
                        r -> (float) r.nextGaussian() * 4,
                        x -> reference(a, x.data()))));
  }

  private static Case edges(Activation a) {
    Arg x = Arg.dense(Shape.of(EDGES.length), EDGES);
    return Case.dense(a + " edges", new Unary(a), List.of(x), () -> reference(a, EDGES));
  }

  private static Expected reference(Activation a, float[] x) {
    double[] value = new double[x.length];
    double[] bound = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      value[i] = ActivationReference.apply(a, x[i]);
      bound[i] = Bounds.activated(a, x[i], 0, value[i]);
    }
    return new Expected(value, Bounds.isExact(a) ? new double[x.length] : bound);
  }
}
