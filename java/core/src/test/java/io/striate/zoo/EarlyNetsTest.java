package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.nn.Model;
import io.striate.nn.Summary;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer tables of the perceptrons, the neocognitron, the zip-code nets and the lectures' nets. */
class EarlyNetsTest {

  private static Summary summary(String name) {
    return Zoo.of(name).build().summary();
  }

  @Test
  void perceptron() {
    LayerTable.check(
        summary("perceptron"),
        """
        input  | 2
        output | 1 | 2+1 | | 2
        """);
  }

  private static final float[][] CORNERS = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

  private static float answer(Model model, float... x) {
    try (CompiledModel compiled = model.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(x);
      run.run();
      return run.output().toArray()[0];
    }
  }

  /**
   * Before its squashing function a perceptron is a plane over its inputs, whatever the weights:
   * the sums over both diagonals of a square are equal, so it cannot be above 0 on one diagonal and
   * below on the other, as the exclusive or demands.
   */
  @Test
  void aPerceptronIsAPlane() {
    for (int seed = 0; seed < 5; seed++) {
      Model plane = Zoo.seeded("perceptron", seed).outputsAt("output");
      float[] y = new float[4];
      for (int i = 0; i < 4; i++) {
        y[i] = answer(plane, CORNERS[i]);
      }
      assertEquals(y[0] + y[3], y[1] + y[2], 1e-6);
    }
  }

  /** Hidden layers make the exclusive or: |a - b| = max(a - b, 0) + max(b - a, 0). */
  @Test
  void hiddenLayersMakeTheExclusiveOr() {
    Map<String, Tensor> weights =
        Map.of(
            "hidden1.weight", Tensor.of(Shape.of(4, 2), 1, -1, -1, 1, 0, 0, 0, 0),
            "hidden1.bias", Tensor.of(Shape.of(4), 0, 0, 0, 0),
            "hidden2.weight",
                Tensor.of(Shape.of(4, 4), 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            "hidden2.bias", Tensor.of(Shape.of(4), 0, 0, 0, 0),
            "output.weight", Tensor.of(Shape.of(1, 4), 1, 0, 0, 0),
            "output.bias", Tensor.of(Shape.of(1), 0));
    Model model = Zoo.of("mlp_relu").build().withWeights(weights);
    for (float[] x : CORNERS) {
      assertEquals(Math.abs(x[0] - x[1]), answer(model, x));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp_squashing", "mlp_sigmoid", "mlp_relu"})
  void hiddenLayers(String name) {
    LayerTable.check(
        summary(name),
        """
        input   | 2
        hidden1 | 4 | 4*2+4 | | 4*2
        hidden2 | 4 | 4*4+4 | | 4*4
        output  | 1 | 4+1   | | 4
        """);
  }

  /** Fukushima 1980: 16×16, 10×10, 8×8, 6×6, 2×2 and single cells, in 24 planes. */
  @Test
  void neocognitron() {
    Summary s = summary("neocognitron");
    LayerTable.check(
        s,
        """
        input          | 16x16x1
        us1            | 16x16x24 | 24*5*5*1  | | 16*16*24*5*5*1
        vs1.square     | 16x16x1
        vs1.border     | 20x20x1
        vs1.field      | 16x16x1
        vs1.mean       | 16x16x1
        vs1.root       | 16x16x1
        vs1            | 16x16x24 | 24        | | 16*16*24
        us1.excess     | 16x16x24
        vs1.plus_one   | 16x16x24
        us1.shunt      | 16x16x24
        uc1            | 10x10x24 | | | 10*10*24*5*5
        uc1.lateral    | 10x10x1
        uc1.excess     | 10x10x24
        uc1.plus_one   | 10x10x1
        uc1.shunt      | 10x10x24
        uc1.plus_alpha | 10x10x24
        uc1.saturation | 10x10x24
        us2            | 8x8x24   | 24*5*5*24 | | 8*8*24*5*5*24
        vs2.square     | 10x10x24
        vs2.border     | 12x12x24
        vs2.field      | 8x8x24
        vs2.mean       | 8x8x1
        vs2.root       | 8x8x1
        vs2            | 8x8x24   | 24        | | 8*8*24
        us2.excess     | 8x8x24
        vs2.plus_one   | 8x8x24
        us2.shunt      | 8x8x24
        uc2            | 6x6x24   | | | 6*6*24*5*5
        uc2.lateral    | 6x6x1
        uc2.excess     | 6x6x24
        uc2.plus_one   | 6x6x1
        uc2.shunt      | 6x6x24
        uc2.plus_alpha | 6x6x24
        uc2.saturation | 6x6x24
        us3            | 2x2x24   | 24*5*5*24 | | 2*2*24*5*5*24
        vs3.square     | 6x6x24
        vs3.field      | 2x2x24
        vs3.mean       | 2x2x1
        vs3.root       | 2x2x1
        vs3            | 2x2x24   | 24        | | 2*2*24
        us3.excess     | 2x2x24
        vs3.plus_one   | 2x2x24
        us3.shunt      | 2x2x24
        uc3            | 1x1x24   | | | 24*2*2
        uc3.lateral    | 1x1x1
        uc3.excess     | 1x1x24
        uc3.plus_one   | 1x1x1
        uc3.shunt      | 1x1x24
        uc3.plus_alpha | 1x1x24
        uc3.saturation | 1x1x24
        """);
    assertEquals(29_472, s.parameters());
  }

  /** LeCun et al. 1989, section 3.3: 1,068, 2,592, 5,790 and 310 free parameters. */
  @Test
  void zipCodesOf1989() {
    Summary s = summary("lecun1989");
    LayerTable.check(
        s,
        """
        input         | 16x16x1
        h1.background | 20x20x1
        h1            | 8x8x12 | 12*5*5   | | 8*8*12*5*5
        h1.units      | 8x8x12 | 768 | 0 |
        h2.background | 12x12x12
        h2            | 4x4x12 | 12*8*5*5 | | 4*4*12*8*5*5
        h2.units      | 4x4x12 | 192 | 0 |
        h3            | 30     | 30*192+30 | | 30*192
        output        | 10     | 10*30+10  | | 10*30
        """);
    assertEquals(9_760, s.parameters());
    // "64,660 connections": the products, and one for the bias of each unit.
    assertEquals(64_660, s.macs() + 768 + 192 + 30 + 10);
  }

  /** LeCun et al. 1990, section 5: 98,442 connections, 2,578 free parameters. */
  @Test
  void zipCodesOf1990() {
    Summary s = summary("lecun1990");
    LayerTable.check(
        s,
        """
        input   | 28x28x1
        h1      | 24x24x4  | 4*5*5+4   | | 24*24*4*5*5
        h2.mean | 12x12x4
        h2      | 12x12x4  | 4+4       | 0
        h3      | 8x8x12   | 20*5*5+12 | | 8*8*20*5*5
        h4.mean | 4x4x12
        h4      | 4x4x12   | 12+12     | 0
        output  | 10       | 192*10+10 | | 192*10
        """);
    assertEquals(2_578, s.parameters());
    // A connection is a product or a bias; a subsampling unit has four inputs and a bias.
    int biases = 24 * 24 * 4 + 8 * 8 * 12 + 10;
    assertEquals(98_442, s.macs() + biases + 5 * (12 * 12 * 4 + 4 * 4 * 12));
  }

  @Test
  void digitNetOfTheLectures() {
    LayerTable.check(
        summary("digit_net"),
        """
        input   | 28x28x1
        conv1   | 24x24x8  | 5*5*8+8     | | 24*24*8*5*5
        pool1   | 12x12x8
        conv2   | 12x12x16 | 16*5*5*8+16 | | 12*12*16*5*5*8
        pool2   | 4x4x16
        fc      | 10       | 256*10+10   | | 256*10
        softmax | 10
        """);
  }

  /** The output of Keras's summary() in the lecture notes. */
  @Test
  void fashion() {
    Summary s = summary("fashion_cnn");
    LayerTable.check(
        s,
        """
        input           | 28x28x1
        conv2d_1        | 26x26x32 | 320     | | 26*26*32*3*3
        max_pooling2d_1 | 13x13x32
        dense_1         | 128      | 692,352 | | 5408*128
        dense_2         | 10       | 1,290   | | 128*10
        dense_2.softmax | 10
        """);
    assertEquals(693_962, s.parameters());
    assertEquals("5408", LayerTable.output(s.row("flatten_1").output()));
  }

  @Test
  void fashionGoingDeeper() {
    LayerTable.check(
        summary("fashion_cnn_deep"),
        """
        input           | 28x28x1
        conv2d_1        | 26x26x32 | 320           | | 26*26*32*3*3
        max_pooling2d_1 | 13x13x32
        conv2d_2        | 11x11x32 | 32*3*3*32+32  | | 11*11*32*3*3*32
        max_pooling2d_2 | 5x5x32
        dense_1         | 128      | 800*128+128   | | 800*128
        dense_2         | 10       | 1,290         | | 128*10
        dense_2.softmax | 10
        """);
  }

  @Test
  void cifar10Demo() {
    LayerTable.check(
        summary("cifar10_convnetjs"),
        """
        input   | 32x32x3
        conv1   | 32x32x16 | 16*5*5*3+16  | | 32*32*16*5*5*3
        pool1   | 16x16x16
        conv2   | 16x16x20 | 20*5*5*16+20 | | 16*16*20*5*5*16
        pool2   | 8x8x20
        conv3   | 8x8x20   | 20*5*5*20+20 | | 8*8*20*5*5*20
        pool3   | 4x4x20
        fc      | 10       | 320*10+10    | | 320*10
        softmax | 10
        """);
  }

  /** Kim 2014: 100 maps for each of the widths 3, 4, 5; 300 numbers per word. */
  @Test
  void sentences() {
    LayerTable.check(
        summary("cnn_sentence"),
        """
        input | 64x300
        conv3 | 62x100 | 100*300*3+100 | | 62*100*300*3
        max3  | 1x100
        conv4 | 61x100 | 100*300*4+100 | | 61*100*300*4
        max4  | 1x100
        conv5 | 60x100 | 100*300*5+100 | | 60*100*300*5
        max5  | 1x100
        fc    | 2      | 300*2+2       | | 300*2
        """);
  }

  /** Lin et al.'s model for CIFAR-10: 966,986 parameters. */
  @Test
  void networkInNetworkForCifar10() {
    Summary s = summary("nin_cifar10");
    LayerTable.check(
        s,
        """
        input | 32x32x3
        conv1 | 32x32x192 | 192*5*5*3+192   | | 32*32*192*5*5*3
        cccp1 | 32x32x160 | 160*192+160     | | 32*32*160*192
        cccp2 | 32x32x96  | 96*160+96       | | 32*32*96*160
        pool1 | 16x16x96
        conv2 | 16x16x192 | 192*5*5*96+192  | | 16*16*192*5*5*96
        cccp3 | 16x16x192 | 192*192+192     | | 16*16*192*192
        cccp4 | 16x16x192 | 192*192+192     | | 16*16*192*192
        pool2 | 8x8x192
        conv3 | 8x8x192   | 192*3*3*192+192 | | 8*8*192*3*3*192
        cccp5 | 8x8x192   | 192*192+192     | | 8*8*192*192
        cccp6 | 8x8x10    | 10*192+10       | | 8*8*10*192
        pool3 | 1x1x10
        """);
    assertEquals(966_986, s.parameters());
  }

  @Test
  void networkInNetworkForImageNet() {
    LayerTable.check(
        summary("nin_imagenet"),
        """
        input      | 224x224x3
        conv1      | 54x54x96   | 96*11*11*3+96     | | 54*54*96*11*11*3
        cccp1      | 54x54x96   | 96*96+96          | | 54*54*96*96
        cccp2      | 54x54x96   | 96*96+96          | | 54*54*96*96
        pool0      | 27x27x96
        conv2      | 27x27x256  | 256*5*5*96+256    | | 27*27*256*5*5*96
        cccp3      | 27x27x256  | 256*256+256       | | 27*27*256*256
        cccp4      | 27x27x256  | 256*256+256       | | 27*27*256*256
        pool2      | 13x13x256
        conv3      | 13x13x384  | 384*3*3*256+384   | | 13*13*384*3*3*256
        cccp5      | 13x13x384  | 384*384+384       | | 13*13*384*384
        cccp6      | 13x13x384  | 384*384+384       | | 13*13*384*384
        pool3      | 6x6x384
        conv4-1024 | 6x6x1024   | 1024*3*3*384+1024 | | 6*6*1024*3*3*384
        cccp7-1024 | 6x6x1024   | 1024*1024+1024    | | 6*6*1024*1024
        cccp8-1024 | 6x6x1000   | 1000*1024+1000    | | 6*6*1000*1024
        pool4      | 1x1x1000
        """);
  }
}
