package io.striate.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cutting models, replacing heads, and dense layers as convolutions. */
final class SurgeryTest {

  private static Model model() {
    return Network.named("m")
        .initialization(Initialization.perturbed())
        .input(2, 8, 8)
        .named("c1")
        .conv2d(4, 3, c -> c.padding(1))
        .named("r1")
        .relu()
        .named("p1")
        .maxPool2d(2)
        .named("flat")
        .flatten()
        .named("d1")
        .dense(6)
        .named("r2")
        .relu()
        .named("d2")
        .dense(3)
        .build();
  }

  private static List<Tensor> run(Model model, Tensor image) {
    try (CompiledModel net = model.compile(Options.defaults().strategy("scalar"));
        Execution run = net.newExecution()) {
      run.input().copyFrom(image.toArray());
      run.run();
      return model.graph().outputs().stream()
          .map(v -> run.output(v.name()))
          .map(t -> Tensor.of(t.shape(), t.toArray()))
          .toList();
    }
  }

  private static Tensor image(long h, long w) {
    float[] values = new float[(int) (2 * h * w)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.cos(i * 0.37);
    }
    return Tensor.of(Shape.of(1, 2, h, w), values);
  }

  @Test
  void activationsOfAnyLayer() {
    List<Tensor> all = run(model().outputsAt("r1", "p1", "d2"), image(8, 8));
    assertEquals(Shape.of(1, 4, 8, 8), all.get(0).shape());
    assertEquals(Shape.of(1, 4, 4, 4), all.get(1).shape());
    assertArrayEquals(run(model(), image(8, 8)).get(0).toArray(), all.get(2).toArray());
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < 4; i++) {
      largest = Math.max(largest, all.get(0).get(0, 1, i / 2, i % 2));
    }
    assertEquals(largest, all.get(1).get(0, 1, 0, 0));
    String message =
        assertThrows(IllegalArgumentException.class, () -> model().outputsAt("d3")).getMessage();
    assertTrue(
        message.contains("'d3'") && message.contains("[c1, r1, p1, flat, d1, r2, d2]"), message);
    assertThrows(IllegalArgumentException.class, () -> model().outputsAt());
  }

  @Test
  void featuresAreWhatTheLastLayerReads() {
    Model features = model().features();
    assertEquals(Shape.of(1, 6), features.graph().outputs().get(0).shape());
    assertArrayEquals(
        run(model().outputsAt("r2"), image(8, 8)).get(0).toArray(),
        run(features, image(8, 8)).get(0).toArray());
  }

  @Test
  void headsCanBeReplaced() {
    Model other = model().openAt("r2").named("head").dense(7).softmax().build();
    assertEquals(Shape.of(1, 7), other.graph().outputs().get(0).shape());
    assertArrayEquals(
        model().weights().get("d1.weight").toArray(), other.weights().get("d1.weight").toArray());
    assertTrue(!other.weights().containsKey("d2.weight"));
    double sum = 0;
    for (float p : run(other, image(8, 8)).get(0).toArray()) {
      sum += p;
    }
    assertEquals(1, sum, 1e-5);
  }

  /**
   * At every place the larger map has the answer to the 8x8 part of the image that begins there.
   */
  @Test
  void denseLayersAsConvolutions() {
    Model net =
        Network.named("m")
            .initialization(Initialization.perturbed())
            .input(2, 8, 8)
            .named("c1")
            .conv2d(4, 3)
            .relu()
            .named("p1")
            .maxPool2d(2)
            .flatten()
            .named("d1")
            .dense(6)
            .relu()
            .dropout(0.5f)
            .named("d2")
            .dense(3)
            .softmax()
            .build();
    Model wide = net.convolutional(12, 14);
    Tensor large = image(12, 14);
    Tensor map = run(wide, large).get(0);
    assertEquals(Shape.of(1, 3, 3, 4), map.shape());
    assertEquals(net.summary().parameters(), wide.summary().parameters());
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 4; x++) {
        Tensor part = Tensor.of(Shape.of(1, 2, 8, 8), new float[128]);
        for (int i = 0; i < 128; i++) {
          int c = i / 64;
          int h = i / 8 % 8;
          int w = i % 8;
          part.set(large.get(0, c, 2 * y + h, 2 * x + w), 0, c, h, w);
        }
        float[] answer = run(net, part).get(0).toArray();
        for (int k = 0; k < 3; k++) {
          assertEquals(answer[k], map.get(0, k, y, x), 1e-5f);
        }
      }
    }
    assertThrows(IllegalArgumentException.class, () -> net.convolutional(5, 5));
  }
}
