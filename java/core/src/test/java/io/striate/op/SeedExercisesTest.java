package io.striate.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Worked sizes and parameter counts of the lecture notes that the project started from. */
class SeedExercisesTest {

  /** Walks a network layer by layer, checking each result; counts weights and biases apart. */
  private static final class Walk {
    private Shape x;
    private long weights;
    private long biases;

    Walk(long... x) {
      this.x = Shape.of(x);
    }

    Walk conv(int channels, Window window, long height, long width) {
      Shape w = Shape.of(channels, x.dim(1), window.kernel().get(0), window.kernel().get(1));
      Conv op = new Conv(window, 1, Epilogue.BIAS);
      x = op.infer(List.of(x, w, Shape.of(channels))).get(0);
      weights += w.elements();
      biases += channels;
      return is(channels, height, width);
    }

    Walk pool(Window window, long height, long width) {
      long channels = x.dim(1);
      x = Pool.max(window).infer(List.of(x)).get(0);
      return is(channels, height, width);
    }

    Walk is(long channels, long height, long width) {
      assertEquals(Shape.of(1, channels, height, width), x);
      return this;
    }

    Walk dense(long in, int out) {
      x = x.rank() == 2 ? x : new Flatten(1).infer(List.of(x)).get(0);
      assertEquals(Shape.of(1, in), x);
      Shape w = Shape.of(out, in);
      x = Gemm.dense(Epilogue.BIAS).infer(List.of(x, w, Shape.of(out))).get(0);
      weights += w.elements();
      biases += out;
      assertEquals(Shape.of(1, out), x);
      return this;
    }

    Walk parameters(long expected) {
      assertEquals(expected, weights + biases);
      return this;
    }
  }

  private static Window square(int kernel, int stride, int pad) {
    return Window.of(kernel, kernel).withStride(stride).withPadding(pad);
  }

  @Test
  void tenFiltersOfFiveByFive() {
    new Walk(1, 3, 32, 32).conv(10, square(5, 1, 2), 32, 32).parameters(760);
  }

  @Test
  void alexNet() {
    Walk walk = new Walk(1, 3, 227, 227).conv(96, square(11, 4, 0), 55, 55).parameters(34_944);
    walk.pool(square(3, 2, 0), 27, 27).parameters(34_944);
    walk.x = new Lrn(5, 1e-4f, 0.75f, 2, false).infer(List.of(walk.x)).get(0);
    walk.is(96, 27, 27)
        .conv(256, square(5, 1, 2), 27, 27)
        .pool(square(3, 2, 0), 13, 13)
        .conv(384, square(3, 1, 1), 13, 13)
        .conv(384, square(3, 1, 1), 13, 13)
        .conv(256, square(3, 1, 1), 13, 13)
        .pool(square(3, 2, 0), 6, 6)
        .dense(9216, 4096)
        .dense(4096, 4096)
        .dense(4096, 1000);
    assertEquals(62, Math.round((walk.weights + walk.biases) / 1e6), "about 60 million");
  }

  @Test
  void vgg16() {
    int[][] stages = {{64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
    long[] expected = {
      1_728, 36_864, 73_728, 147_456, 294_912, 589_824, 589_824, 1_179_648, 2_359_296, 2_359_296,
      2_359_296, 2_359_296, 2_359_296
    };
    Walk walk = new Walk(1, 3, 224, 224);
    List<Long> weights = new ArrayList<>();
    long size = 224;
    for (int[] stage : stages) {
      for (int channels : stage) {
        long before = walk.weights;
        walk.conv(channels, square(3, 1, 1), size, size);
        weights.add(walk.weights - before);
      }
      size /= 2;
      walk.pool(square(2, 2, 0), size, size);
    }
    assertEquals(java.util.Arrays.stream(expected).boxed().toList(), weights);
    walk.is(512, 7, 7);
    long before = walk.weights;
    walk.dense(25_088, 4096);
    assertEquals(102_760_448, walk.weights - before);
    walk.dense(4096, 4096).dense(4096, 1000);
    assertEquals(138, Math.round(walk.weights / 1e6), "138 million without biases");
  }

  /** A dense layer over 7x7x512 is a convolution whose window is the whole input. */
  @Test
  void denseLayerAsConvolution() {
    Walk walk = new Walk(1, 512, 7, 7).conv(4096, square(7, 1, 0), 1, 1);
    assertEquals(102_760_448, walk.weights);
  }

  @Test
  void fashionMnistClassifier() {
    Walk walk = new Walk(1, 1, 28, 28).conv(32, square(3, 1, 0), 26, 26).parameters(320);
    walk.pool(square(2, 2, 0), 13, 13)
        .dense(5408, 128)
        .parameters(320 + 692_352)
        .dense(128, 10)
        .parameters(693_962);
  }

  @Test
  void digitReader() {
    Window same = Window.of(5, 5).withAutoPad(AutoPad.SAME_UPPER);
    new Walk(1, 8, 12, 12).conv(16, same, 12, 12).pool(square(3, 3, 0), 4, 4);
  }

  @Test
  void smallImages() {
    new Walk(1, 1, 8, 8).conv(1, square(3, 1, 0), 6, 6).parameters(10);
    new Walk(1, 3, 8, 8).conv(1, square(3, 1, 0), 6, 6).parameters(28);
  }

  /** Three 3x3 layers see as much as one 7x7 layer with fewer weights: 27·C² against 49·C². */
  @Test
  void stackedKernels() {
    Walk three = new Walk(1, 16, 7, 7);
    three
        .conv(16, square(3, 1, 0), 5, 5)
        .conv(16, square(3, 1, 0), 3, 3)
        .conv(16, square(3, 1, 0), 1, 1);
    assertEquals(3 * 9 * 16 * 16, three.weights);
    Walk one = new Walk(1, 16, 7, 7).conv(16, square(7, 1, 0), 1, 1);
    assertEquals(49 * 16 * 16, one.weights);
  }
}
