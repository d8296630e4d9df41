package io.striate.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Constant.Role;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Layers with fixed weights, biases that are not shared, bilinear enlargement, small images. */
class FixedLayersTest {

  private static Flow image(long... dims) {
    return Network.named("test").initialization(Initialization.perturbed()).input(dims);
  }

  private static float[] run(Model model, float... x) {
    try (CompiledModel compiled = model.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(x);
      run.run();
      return run.output().toArray();
    }
  }

  @Test
  void affineIsFactorTimesXPlusSummand() {
    assertArrayEquals(new float[] {-1, 5}, run(image(2).affine(3, 2).build(), -1, 1));
    assertArrayEquals(new float[] {-3, 3}, run(image(2).affine(3, 0).build(), -1, 1));
    assertArrayEquals(new float[] {1, 3}, run(image(2).affine(1, 2).build(), -1, 1));
    assertThrows(IllegalArgumentException.class, () -> image(2).affine(Float.NaN, 0));
  }

  @Test
  void fixedWeightsAreNoParameters() {
    Tensor box = Tensor.of(Shape.of(2, 1, 2, 2), 1, 1, 1, 1, 2, 0, 0, 0);
    Model model = image(2, 2, 2).fixedConv2d(box, o -> o.groups(2)).build();
    assertEquals(0, model.graph().parameterCount());
    assertEquals(8, model.graph().elements(Role.FIXED));
    assertArrayEquals(new float[] {10, 10}, run(model, 1, 2, 3, 4, 5, 6, 7, 8));
    Model up =
        image(2, 1, 1).fixedConvTranspose2d(box, o -> o.groups(2).stride(2).withoutBias()).build();
    assertArrayEquals(new float[] {3, 3, 3, 3, 8, 0, 0, 0}, run(up, 3, 4));
    String message =
        assertThrows(IllegalArgumentException.class, () -> image(2, 2).fixedConv2d(box, o -> o))
            .getMessage();
    assertTrue(message.contains("fixed_conv2d"), message);
  }

  @Test
  void unitsHaveBiasesOfTheirOwn() {
    Model model = image(3, 4, 5).named("h1").unitBias().build();
    assertEquals(60, model.graph().parameterCount());
    float[] y = run(model, new float[60]);
    assertEquals(60, Arrays.stream(toDoubles(y)).distinct().count());
  }

  private static double[] toDoubles(float[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = values[i];
    }
    return out;
  }

  @Test
  void subtractAndDivide() {
    Flow x = image(2);
    Flow y = x.affine(2, 1);
    assertArrayEquals(new float[] {-2, -3}, run(x.subtract(y).build(), 1, 2));
    Flow a = image(2);
    assertArrayEquals(new float[] {0.5f, 0.75f}, run(a.divide(a.affine(0, 4)).build(), 2, 3));
  }

  @Test
  void bilinearEnlargementKeepsPlanes() {
    for (int s : new int[] {2, 4, 3}) {
      int size = 2 * s - s % 2;
      int padding = (s - 1 + 1) / 2;
      Flow x = image(2, 6, 6);
      Model model =
          x.convTranspose2d(
                  2,
                  size,
                  o ->
                      o.stride(s)
                          .padding(padding)
                          .withoutBias()
                          .weights(Initializer.bilinear(size)))
              .build();
      float[] in = new float[72];
      for (int i = 0; i < 36; i++) {
        in[i] = i / 6 + 2 * (i % 6);
        in[36 + i] = 5;
      }
      Tensor y = Tensor.of(model.graph().outputs().get(0).shape(), run(model, in));
      // Inside, the slope of a plane is that of the original, divided by the scale.
      for (int r = 2 * s; r < 4 * s; r++) {
        for (int c = 2 * s; c < 4 * s; c++) {
          assertEquals(1f / s, y.get(0, 0, r + 1, c) - y.get(0, 0, r, c), 1e-5f);
          assertEquals(2f / s, y.get(0, 0, r, c + 1) - y.get(0, 0, r, c), 1e-5f);
          assertEquals(5f, y.get(0, 1, r, c), 1e-5f);
        }
      }
    }
  }

  @Test
  void adaptivePoolingRepeatsSmallImages() {
    assertArrayEquals(
        new float[] {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4},
        run(image(1, 2, 2).adaptiveAveragePool2d(4).build(), 1, 2, 3, 4));
    assertEquals(Shape.of(1, 5, 7, 7), image(5, 1, 1).adaptiveAveragePool2d(7).shape());
    assertArrayEquals(
        new float[] {1, 2, 3, 4}, run(image(1, 2, 2).adaptiveAveragePool2d(2).build(), 1, 2, 3, 4));
    String message =
        assertThrows(IllegalArgumentException.class, () -> image(1, 3, 3).adaptiveAveragePool2d(0))
            .getMessage();
    assertTrue(message.contains("at least one part"), message);
  }

  @Test
  void adaptivePoolingSharesPositionsBetweenParts() {
    float[] ramp = new float[25];
    for (int i = 0; i < 25; i++) {
      ramp[i] = i;
    }
    // Windows of one length at one distance: 3 to 2 parts, rows 0-1 and 1-2.
    assertArrayEquals(
        new float[] {2, 3, 5, 6},
        run(image(1, 3, 3).adaptiveAveragePool2d(2).build(), 0, 1, 2, 3, 4, 5, 6, 7, 8));
    // Of different lengths: 5 to 3 parts, rows 0-1, 1-3, 3-4.
    Model uneven = image(1, 5, 5).named("pool").adaptiveAveragePool2d(3).build();
    assertArrayEquals(new float[] {3, 4.5f, 6, 10.5f, 12, 13.5f, 18, 19.5f, 21}, run(uneven, ramp));
    assertEquals(Shape.of(1, 1, 3, 3), uneven.summary().row("pool").output());
  }

  @Test
  void partialConvolutionWithOptions() {
    int[][] table = {{0, 2}, {1}};
    Flow x = image(3, 8, 8);
    Flow y = x.named("h2").partialConv2d(table, 3, o -> o.stride(2).padding(1).withoutBias());
    assertEquals(Shape.of(1, 2, 4, 4), y.shape());
    assertEquals(27, y.build().graph().parameterCount());
    assertThrows(
        IllegalArgumentException.class,
        () -> image(3, 8, 8).partialConv2d(table, 3, o -> o.groups(3)));
    assertThrows(IllegalArgumentException.class, () -> image(2, 8, 8).partialConv2d(table, 3));
  }
}
