package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.op.Pad;
import java.util.List;

/** The first convolutional networks trained by back-propagation, for handwritten zip codes. */
final class ZipCodeNets {
  private static final Paper NEURAL_COMPUTATION =
      new Paper(
          "LeCun et al.",
          "Backpropagation applied to handwritten zip code recognition",
          "Neural Computation 1(4)",
          1989);
  private static final Paper NIPS =
      new Paper(
          "LeCun et al.",
          "Handwritten digit recognition with a back-propagation network",
          "NIPS 2",
          1990);

  /**
   * The maps of H2 that each map of H3 of the 1990 net sees: 20 links, as its numbers of parameters
   * and connections ask for. Which maps they join is our choice, not the paper's table.
   */
  private static final int[][] H3 = {
    {0}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {1}, {2}, {2, 3}, {2, 3}, {2, 3}, {2, 3}, {3}
  };

  private ZipCodeNets() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "lecun1989",
            "Zip-code net of 1989",
            "LeNet",
            NEURAL_COMPUTATION,
            List.of(1L, 16L, 16L),
            10,
            ZipCodeNets::net1989),
        Architecture.of(
            "lecun1990",
            "Zip-code net of 1990",
            "LeNet",
            NIPS,
            List.of(1L, 28L, 28L),
            10,
            ZipCodeNets::net1990));
  }

  /**
   * Section 3.2: H1 of 12 maps 8×8, H2 of 12 maps 4×4, both 5×5 with stride 2, shared weights and a
   * bias for each unit; H3 of 30 units; outside of the planes lies the background, -1. 1,068 +
   * 2,592 + 5,790 + 310 = 9,760 parameters. The paper leaves open which 8 of the 12 maps of H1 a
   * map of H2 sees; here map i sees i … i+7 modulo 12.
   */
  private static Flow net1989(Flow x, long classes) {
    int[][] eight = new int[12][8];
    for (int f = 0; f < 12; f++) {
      for (int i = 0; i < 8; i++) {
        eight[f][i] = (f + i) % 12;
      }
    }
    x = background(x, "h1").named("h1").conv2d(12, 5, c -> c.stride(2).withoutBias());
    x = x.named("h1.units").unitBias().named("h1.squash").scaledTanh();
    x = background(x, "h2").named("h2").partialConv2d(eight, 5, c -> c.stride(2).withoutBias());
    x = x.named("h2.units").unitBias().named("h2.squash").scaledTanh();
    x = x.named("flatten").flatten().named("h3").dense(30).named("h3.squash").scaledTanh();
    return x.named("output").dense(classes).named("output.squash").scaledTanh();
  }

  private static Flow background(Flow x, String layer) {
    List<Long> two = List.of(0L, 0L, 2L, 2L);
    return x.named(layer + ".background").apply(new Pad(Pad.Mode.CONSTANT, two, two, -1));
  }

  /**
   * Section 5: H1 of 4 maps 24×24, H2 subsampling to 12×12, H3 of 12 maps 8×8 that see some maps of
   * H2, H4 subsampling to 4×4, 10 outputs; 2,578 parameters.
   */
  private static Flow net1990(Flow x, long classes) {
    x = x.named("h1").conv2d(4, 5).named("h1.squash").scaledTanh();
    x = LeNet.subsampling(x, "h2");
    x = x.named("h3").partialConv2d(H3, 5).named("h3.squash").scaledTanh();
    x = LeNet.subsampling(x, "h4").named("flatten").flatten();
    return x.named("output").dense(classes).named("output.squash").scaledTanh();
  }
}
