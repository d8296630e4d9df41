package io.striate.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loading and saving weights; Keras' layouts against loops over Keras' own indices. */
final class WeightsTest {
  @TempDir private Path folder;

  private static Model model(long seed) {
    return Network.named("m")
        .seed(seed)
        .initialization(Initialization.perturbed())
        .input(3, 6, 6)
        .named("c")
        .conv2d(4, 3)
        .named("b")
        .batchNorm()
        .relu()
        .flatten()
        .named("d")
        .dense(5)
        .build();
  }

  private static float[] run(Model model, float[] input) {
    try (CompiledModel net = model.compile(Options.defaults().strategy("scalar"));
        Execution run = net.newExecution()) {
      run.input().copyFrom(input);
      run.run();
      return run.output().toArray();
    }
  }

  private static float[] ramp(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) Math.sin(i * 0.7);
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"w.safetensors", "w.npz"})
  void savedWeightsComeBack(String name) throws IOException {
    Model saved = model(1);
    saved.saveWeights(folder.resolve(name));
    Model other = model(2);
    float[] x = ramp(108);
    assertNotEquals(run(saved, x)[0], run(other, x)[0]);
    assertArrayEquals(run(saved, x), run(other.loadWeights(folder.resolve(name)), x));
  }

  @Test
  void everyDifferenceIsListed() throws IOException {
    Map<String, Tensor> weights = new HashMap<>(model(1).weights());
    weights.remove("d.bias");
    weights.put("c.bias", Tensor.of(Shape.of(3), 1, 2, 3));
    weights.put("extra", Tensor.of(Shape.of(1), 1));
    weights.put("b.num_batches_tracked", Tensor.of(Shape.of(1), 1));
    String message =
        assertThrows(
                StriateException.class,
                () -> model(2).withWeights(weights, WeightMap.torchvision()))
            .getMessage();
    assertTrue(message.contains("3 differences"), message);
    assertTrue(message.contains("missing: d.bias 5"), message);
    assertTrue(message.contains("c.bias is 3, but 4 is needed"), message);
    assertTrue(message.contains("unused: extra 1"), message);
    weights.put("c.bias", Tensor.of(Shape.of(4), 1, 2, 3, 4));
    Model partly = model(2).withWeights(weights, WeightMap.torchvision().lenient());
    assertArrayEquals(new float[] {1, 2, 3, 4}, partly.weights().get("c.bias").toArray());
    assertArrayEquals(
        model(2).weights().get("d.bias").toArray(), partly.weights().get("d.bias").toArray());
    Path text = folder.resolve("w.txt");
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> model(1).loadWeights(text))
            .getMessage()
            .contains(".safetensors or .npz"));
  }

  @Test
  void namesCanBeMapped() {
    Map<String, Tensor> renamed = new HashMap<>();
    model(1).weights().forEach((k, v) -> renamed.put("net/" + k, v));
    Model loaded = model(2).withWeights(renamed, WeightMap.identity().renamed(n -> "net/" + n));
    assertArrayEquals(run(model(1), ramp(108)), run(loaded, ramp(108)));
  }

  /**
   * Keras: images H, W, C; kernels H, W, I, O; the flattened image in that order; dense in, out.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void kerasLayouts(boolean inOrder) {
    int size = 5;
    int out = 3;
    float[] kernel = ramp(3 * 3 * 2 * 4);
    float[] dense = ramp(out * out * 4 * 6);
    Map<String, Tensor> file = new LinkedHashMap<>();
    put(file, inOrder, "conv/kernel", Shape.of(3, 3, 2, 4), kernel);
    put(file, inOrder, "conv/bias:0", Shape.of(4), ramp(4));
    put(file, inOrder, "fc/kernel", Shape.of(36, 6), dense);
    put(file, inOrder, "fc/bias", Shape.of(6), ramp(6));
    Model model =
        Network.named("k")
            .input(2, size, size)
            .named("conv")
            .conv2d(4, 3)
            .relu()
            .flatten()
            .dropout(0.5f)
            .named("fc")
            .dense(6)
            .build()
            .withWeights(file, WeightMap.keras());
    float[] image = ramp(2 * size * size); // C, H, W
    double[] flat = new double[out * out * 4];
    for (int y = 0; y < out; y++) {
      for (int x = 0; x < out; x++) {
        for (int o = 0; o < 4; o++) {
          double sum = ramp(4)[o];
          for (int i = 0; i < 9; i++) {
            for (int c = 0; c < 2; c++) {
              float pixel = image[(c * size + y + i / 3) * size + x + i % 3];
              sum += pixel * kernel[(i * 2 + c) * 4 + o];
            }
          }
          flat[(y * out + x) * 4 + o] = Math.max(0, sum);
        }
      }
    }
    float[] answers = run(model, image);
    for (int u = 0; u < 6; u++) {
      double sum = ramp(6)[u];
      for (int i = 0; i < flat.length; i++) {
        sum += flat[i] * dense[i * 6 + u];
      }
      assertEquals(sum, answers[u], 1e-5);
    }
  }

  private static void put(
      Map<String, Tensor> file, boolean inOrder, String name, Shape shape, float[] values) {
    file.put(inOrder ? "arr_" + file.size() : name, Tensor.of(shape, values));
  }

  @Test
  void kerasDepthwiseTransposedAndBatchNorm() {
    Map<String, Tensor> file = new HashMap<>();
    file.put("dw/depthwise_kernel", Tensor.of(Shape.of(2, 2, 3, 2), ramp(24)));
    file.put("bn/gamma", Tensor.of(Shape.of(6), ramp(6)));
    file.put("bn/beta", Tensor.of(Shape.of(6), ramp(6)));
    file.put("bn/moving_mean", Tensor.of(Shape.of(6), ramp(6)));
    file.put("bn/moving_variance", Tensor.of(Shape.of(6), 1, 2, 3, 4, 5, 6));
    file.put("up/kernel", Tensor.of(Shape.of(2, 2, 5, 6), ramp(120)));
    file.put("up/bias", Tensor.of(Shape.of(5), ramp(5)));
    Map<String, Tensor> loaded =
        Network.named("k")
            .input(3, 6, 6)
            .named("dw")
            .depthwiseConv2d(2, 2, c -> c.withoutBias())
            .named("bn")
            .batchNorm()
            .named("up")
            .convTranspose2d(5, 2, c -> c.stride(2))
            .build()
            .withWeights(file, WeightMap.keras())
            .weights();
    Tensor dw = loaded.get("dw.weight");
    Tensor up = loaded.get("up.weight");
    for (int y = 0; y < 2; y++) {
      for (int x = 0; x < 2; x++) {
        for (int c = 0; c < 3; c++) {
          for (int m = 0; m < 2; m++) {
            assertEquals(
                file.get("dw/depthwise_kernel").get(y, x, c, m), dw.get(c * 2 + m, 0, y, x));
          }
        }
        for (int i = 0; i < 6; i++) {
          for (int o = 0; o < 5; o++) {
            assertEquals(file.get("up/kernel").get(y, x, o, i), up.get(i, o, y, x));
          }
        }
      }
    }
    assertArrayEquals(ramp(6), loaded.get("bn.running_mean").toArray());
  }
}
