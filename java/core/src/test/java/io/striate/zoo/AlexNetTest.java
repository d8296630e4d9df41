package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.nn.Summary;
import org.junit.jupiter.api.Test;

/** Layer tables of AlexNet's forms and of ZF Net. */
class AlexNetTest {
  private static final String CLASSIFIER =
      """
      fc6 | 4096 | 4096*6*6*256+4096 | | 4096*6*6*256
      fc7 | 4096 | 4096*4096+4096    | | 4096*4096
      fc8 | 1000 | 1000*4096+1000    | | 1000*4096
      """;

  private static Summary summary(String name) {
    return Zoo.of(name).build().summary();
  }

  /** The "full (simplified) AlexNet architecture" of the lecture notes; CONV1 has 34,944. */
  @Test
  void simplified() {
    Summary s = summary("alexnet_simplified");
    LayerTable.check(
        s,
        """
        input | 227x227x3
        conv1 | 55x55x96  | 34,944          | | 55*55*96*11*11*3
        pool1 | 27x27x96
        norm1 | 27x27x96
        conv2 | 27x27x256 | 256*5*5*96+256  | | 27*27*256*5*5*96
        pool2 | 13x13x256
        norm2 | 13x13x256
        conv3 | 13x13x384 | 384*3*3*256+384 | | 13*13*384*3*3*256
        conv4 | 13x13x384 | 384*3*3*384+384 | | 13*13*384*3*3*384
        conv5 | 13x13x256 | 256*3*3*384+256 | | 13*13*256*3*3*384
        pool3 | 6x6x256
        """
            + CLASSIFIER);
    assertEquals(62_378_344, s.parameters());
  }

  /** Krizhevsky et al. 2012, section 3.5: "60 million parameters". */
  @Test
  void twoGpus() {
    Summary s = summary("alexnet_two_gpus");
    LayerTable.check(
        s,
        """
        input | 227x227x3
        conv1 | 55x55x96  | 34,944          | | 55*55*96*11*11*3
        norm1 | 55x55x96
        pool1 | 27x27x96
        conv2 | 27x27x256 | 256*5*5*48+256  | | 27*27*256*5*5*48
        norm2 | 27x27x256
        pool2 | 13x13x256
        conv3 | 13x13x384 | 384*3*3*256+384 | | 13*13*384*3*3*256
        conv4 | 13x13x384 | 384*3*3*192+384 | | 13*13*384*3*3*192
        conv5 | 13x13x256 | 256*3*3*192+256 | | 13*13*256*3*3*192
        pool5 | 6x6x256
        """
            + CLASSIFIER);
    assertEquals(60_965_224, s.parameters());
    // "650,000 neurons": the units of all layers with weights.
    long units =
        s.rows().stream()
            .filter(r -> r.parameters() > 0)
            .mapToLong(r -> r.output().elements())
            .sum();
    assertEquals(659_272, units);
  }

  @Test
  void torchvision() {
    Summary s = summary("alexnet");
    LayerTable.check(
        s,
        """
        input        | 224x224x3
        features.0   | 55x55x64  | 64*11*11*3+64   | | 55*55*64*11*11*3
        features.2   | 27x27x64
        features.3   | 27x27x192 | 192*5*5*64+192  | | 27*27*192*5*5*64
        features.5   | 13x13x192
        features.6   | 13x13x384 | 384*3*3*192+384 | | 13*13*384*3*3*192
        features.8   | 13x13x256 | 256*3*3*384+256 | | 13*13*256*3*3*384
        features.10  | 13x13x256 | 256*3*3*256+256 | | 13*13*256*3*3*256
        features.12  | 6x6x256
        classifier.1 | 4096 | 4096*6*6*256+4096 | | 4096*6*6*256
        classifier.4 | 4096 | 4096*4096+4096    | | 4096*4096
        classifier.6 | 1000 | 1000*4096+1000    | | 1000*4096
        """);
    assertEquals(61_100_840, s.parameters());
  }

  /** Zeiler & Fergus 2013, figure 3: maps of 110, 55, 26, 13, 13, 13, 13, 6. */
  @Test
  void zfNet() {
    Summary s = summary("zfnet");
    LayerTable.check(s, zfNet("256*5*5*96+256", "26*26*256*5*5*96"));
    assertEquals(62_357_608, s.parameters());
    Summary wide = summary("zfnet_7x7");
    LayerTable.check(wide, zfNet("256*7*7*96+256", "26*26*256*7*7*96"));
    assertEquals(62_947_432, wide.parameters());
  }

  private static String zfNet(String parameters, String macs) {
    return """
        input | 224x224x3
        conv1 | 110x110x96 | 96*7*7*3+96     | | 110*110*96*7*7*3
        pool1 | 55x55x96
        norm1 | 55x55x96
        conv2 | 26x26x256  | %s              | | %s
        pool2 | 13x13x256
        norm2 | 13x13x256
        conv3 | 13x13x384  | 384*3*3*256+384 | | 13*13*384*3*3*256
        conv4 | 13x13x384  | 384*3*3*384+384 | | 13*13*384*3*3*384
        conv5 | 13x13x256  | 256*3*3*384+256 | | 13*13*256*3*3*384
        pool5 | 6x6x256
        """
            .formatted(parameters, macs)
        + CLASSIFIER;
  }
}
