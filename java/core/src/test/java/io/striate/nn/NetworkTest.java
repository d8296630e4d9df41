package io.striate.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Resize;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The layers of {@link Flow}: shapes, names, parameters, and errors that say what to do. */
final class NetworkTest {

  private static void fails(Runnable build, String... parts) {
    String message = assertThrows(IllegalArgumentException.class, build::run).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), () -> message + " should contain " + part);
    }
  }

  private static Flow image(long... dims) {
    return Network.named("test").input(dims);
  }

  @Test
  void sequentialOfTheLectureNotes() {
    Model cnn =
        Sequential.input(28, 28, 1)
            .conv2d(32, 3)
            .relu()
            .maxPool2d(2)
            .dropout(0.2f)
            .flatten()
            .dense(128)
            .relu()
            .dense(10)
            .softmax()
            .build();
    Summary s = cnn.summary();
    assertEquals(
        List.of(
            "input",
            "conv2d_1",
            "relu_1",
            "max_pool2d_1",
            "dropout_1",
            "flatten_1",
            "dense_1",
            "relu_2",
            "dense_2",
            "softmax_1"),
        s.rows().stream().map(Summary.Row::layer).toList());
    assertEquals(Shape.of(1, 32, 26, 26), s.row("conv2d_1").output());
    assertEquals(Shape.of(1, 32, 13, 13), s.row("max_pool2d_1").output());
    assertEquals(320, s.row("conv2d_1").parameters());
    assertEquals(692_352, s.row("dense_1").parameters());
    assertEquals(1_290, s.row("dense_2").parameters());
    assertEquals(693_962, s.parameters());
    assertTrue(cnn.graph().isDynamicBatch());
  }

  @Test
  void everyLayerHasItsShape() {
    assertEquals(Shape.of(1, 4, 8), image(3, 10).conv1d(4, 3).shape());
    assertEquals(
        Shape.of(1, 4, 5, 5), image(3, 10, 10).conv2d(4, 3, c -> c.stride(2).padding(1)).shape());
    assertEquals(
        Shape.of(1, 4, 5, 5), image(3, 10, 10).conv2d(4, 3, c -> c.stride(2).same()).shape());
    assertEquals(Shape.of(1, 4, 6, 6), image(3, 10, 10).conv2d(4, 3, c -> c.dilation(2)).shape());
    assertEquals(Shape.of(1, 4, 8, 8, 8), image(3, 10, 10, 10).conv3d(4, 3).shape());
    assertEquals(Shape.of(1, 4, 10, 4), image(3, 10, 10).conv(4, List.of(1, 7), c -> c).shape());
    assertEquals(
        Shape.of(1, 6, 10, 10), image(3, 10, 10).depthwiseConv2d(3, 2, c -> c.padding(1)).shape());
    assertEquals(
        Shape.of(1, 5, 20, 20),
        image(3, 10, 10).convTranspose2d(5, 4, c -> c.stride(2).padding(1)).shape());
    assertEquals(Shape.of(1, 3, 5), image(3, 10).maxPool1d(2, p -> p).shape());
    assertEquals(
        Shape.of(1, 3, 5, 5), image(3, 10, 10).maxPool2d(3, p -> p.stride(2).ceilMode()).shape());
    assertEquals(Shape.of(1, 3, 3, 3, 3), image(3, 10, 10, 10).maxPool3d(3, p -> p).shape());
    assertEquals(Shape.of(1, 3, 9), image(3, 10).averagePool1d(2, p -> p.stride(1)).shape());
    assertEquals(Shape.of(1, 3, 5, 5), image(3, 10, 10).averagePool2d(2).shape());
    assertEquals(
        Shape.of(1, 3, 5, 5, 5),
        image(3, 10, 10, 10).averagePool3d(2, p -> p.countPadding()).shape());
    assertEquals(Shape.of(1, 3, 5, 5), image(3, 10, 10).lpPool2d(2, 2, p -> p).shape());
    assertEquals(
        Shape.of(1, 3, 5, 5),
        image(3, 10, 10).weightedPool2d(Tensor.of(Shape.of(2, 2), 1, 2, 3, 4), p -> p).shape());
    assertEquals(Shape.of(1, 3, 1, 1), image(3, 10, 10).globalMaxPool().shape());
    assertEquals(Shape.of(1, 3, 5, 5), image(3, 10, 10).adaptiveAveragePool2d(5).shape());
    assertEquals(Shape.of(1, 3, 12, 14), image(3, 10, 10).zeroPad2d(1, 2, 1, 2).shape());
    assertEquals(Shape.of(1, 6, 10, 10), image(3, 10, 10).zeroPadChannels(1, 2).shape());
    assertEquals(Shape.of(1, 2, 10, 10), image(3, 10, 10).channels(1, 3).shape());
    assertEquals(Shape.of(1, 3, 5, 5), image(3, 10, 10).subsample(2).shape());
    assertEquals(Shape.of(1, 3, 4, 5), image(3, 10, 10).crop(1, 2, 4, 5).shape());
    assertEquals(
        Shape.of(1, 3, 20, 20), image(3, 10, 10).upsample2d(2, Resize.Mode.LINEAR).shape());
    assertEquals(Shape.of(1, 10, 3, 10), image(3, 10, 10).transpose(0, 2, 1, 3).shape());
    assertEquals(Shape.of(1, 30, 10), image(3, 10, 10).reshape(0L, 30L, -1L).shape());
    Flow x = image(3, 10, 10);
    assertEquals(Shape.of(1, 6, 10, 10), x.concat(x.relu()).shape());
    assertEquals(Shape.of(1, 3, 10, 10), x.multiply(x.globalAveragePool()).shape());
    assertEquals(Shape.of(1, 3, 10, 10), x.lrn(5, 1e-4f, 0.75f, 2).scale().prelu().shape());
  }

  @Test
  void parametersAreNamedAfterTheirLayer() {
    Model model =
        image(3, 8, 8)
            .named("conv1")
            .conv2d(4, 3, c -> c.groups(1).withoutBias())
            .named("bn1")
            .batchNorm()
            .flatten()
            .named("fc")
            .dense(2)
            .build();
    assertEquals(
        List.of(
            "conv1.weight",
            "bn1.weight",
            "bn1.bias",
            "bn1.running_mean",
            "bn1.running_var",
            "fc.weight",
            "fc.bias"),
        List.copyOf(model.weights().keySet()));
    assertEquals(4 * 27 + 8 + 2 * 144 + 2, model.summary().parameters());
    assertEquals(8, model.summary().states());
  }

  @Test
  void partialConvolutionCountsOnlyItsConnections() {
    int[][] table = {{0, 1}, {1, 2}, {0, 1, 2}};
    Flow x = image(3, 6, 6).named("c3").partialConv2d(table, 3);
    assertEquals(Shape.of(1, 3, 4, 4), x.shape());
    Summary s = x.build().summary();
    assertEquals(2, s.rows().size());
    assertEquals((2 + 2 + 3) * 9 + 3, s.row("c3").parameters());
    assertEquals((2 + 2 + 3) * 9 * 16, s.row("c3").macs());
    assertEquals("conv2d", s.row("c3").type());
  }

  @Test
  void errorsNameLayerExpectedAndGiven() {
    fails(() -> image(3, 8, 8).named("fc6").conv1d(4, 3), "fc6 (conv1d)", "N, C, W", "1x3x8x8");
    fails(() -> image(30).named("c1").conv2d(4, 3), "c1 (conv2d)", "N, C, H, W", "1x30");
    fails(() -> image(3, 8, 8).named("c1").conv2d(4, 9), "c1 (conv2d)", "extent 9", "1x3x8x8");
    fails(
        () -> image(3, 8, 8).named("c1").conv2d(4, 3, c -> c.groups(2)),
        "c1",
        "3 channels",
        "2 groups");
    fails(() -> image(3, 8, 8).named("c1").conv2d(0, 3), "c1", "0 filters");
    fails(() -> image(3, 8, 8).named("c1").conv2d(4, 3, c -> c.stride(0)), "c1", "stride");
    fails(() -> image(3, 8, 8).named("fc").dense(10), "fc (dense)", "flatten", "1x3x8x8");
    fails(() -> image(3, 8, 8).named("d").dropout(1), "d (dropout)", "1.0");
    fails(() -> image(3, 8, 8).named("p").maxPool2d(9), "p (max_pool2d)", "extent 9");
    fails(() -> image(3, 8, 8).named("p").adaptiveAveragePool2d(0), "p (adaptive", "not 0");
    fails(() -> image(3, 8, 8).named("x").crop(4, 4, 5, 5), "x (crop)", "9x9");
    fails(
        () -> image(3, 8, 8).named("c3").partialConv2d(new int[][] {{0, 3}}, 3), "c3", "channel 3");
    Flow x = image(3, 8, 8);
    fails(() -> x.named("sum").add(x.conv2d(3, 3)), "sum (add)", "1x3x8x8", "1x3x6x6");
    fails(() -> x.add(image(3, 8, 8)), "another network");
    fails(() -> x.named("a#b"), "a#b");
    x.named("same").relu();
    fails(() -> x.named("same").relu(), "same", "unique");
  }

  @Test
  void firstValuesDependOnSeedAndNameOnly() {
    Model a = image(3, 8, 8).named("a").conv2d(4, 3).named("b").conv2d(4, 3).build();
    Network other = Network.named("other");
    Flow y = other.input(4, 6, 6).named("b").conv2d(4, 3);
    assertArrayEquals(
        a.weights().get("b.weight").toArray(), y.build().weights().get("b.weight").toArray());
    Network seeded = Network.named("test").seed(7);
    Model c = seeded.input(3, 8, 8).named("a").conv2d(4, 3).build();
    assertTrue(
        !java.util.Arrays.equals(
            a.weights().get("a.weight").toArray(), c.weights().get("a.weight").toArray()));
  }

  @Test
  void initializersHaveTheirMoments() {
    moments(Initializer.heNormal(), 0, 2.0 / 50, Double.POSITIVE_INFINITY);
    moments(Initializer.heUniform(), 0, 2.0 / 50, Math.sqrt(6.0 / 50));
    moments(Initializer.glorotNormal(), 0, 2.0 / 80, Double.POSITIVE_INFINITY);
    moments(Initializer.glorotUniform(), 0, 2.0 / 80, Math.sqrt(6.0 / 80));
    moments(Initializer.normal(3, 0.5), 3, 0.25, Double.POSITIVE_INFINITY);
    moments(Initializer.constant(2), 2, 0, 2);
    assertThrows(IllegalArgumentException.class, () -> Initializer.uniform(1, 1));
  }

  private static void moments(Initializer initializer, double mean, double variance, double most) {
    int n = 200_000;
    Initializer.Sampler sampler = initializer.sampler(50, 30, new java.util.SplittableRandom(1));
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double v = sampler.next();
      assertTrue(Math.abs(v) <= most);
      sum += v - mean;
      squares += (v - mean) * (v - mean);
    }
    assertEquals(0, sum / n, 5 * Math.sqrt(variance / n) + 1e-12);
    assertEquals(variance, squares / n, 0.02 * variance + 1e-12);
  }
}
