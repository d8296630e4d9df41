package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Model;
import io.striate.nn.Summary;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VGG's configurations: the lecture notes' table of D line by line, and all totals. */
class VggTest {
  /** As the notes have it; "memory" rounds, "weights" leaves biases out. */
  private static final String NOTES =
      """
      INPUT: [224x224x3] memory: 224*224*3=150K weights: 0
      CONV3-64: [224x224x64] memory: 224*224*64=3.2M weights: (3*3*3)*64 = 1,728
      CONV3-64: [224x224x64] memory: 224*224*64=3.2M weights: (3*3*64)*64 = 36,864
      POOL2: [112x112x64] memory: 112*112*64=800K weights: 0
      CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*64)*128 = 73,728
      CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*128)*128 = 147,456
      POOL2: [56x56x128] memory: 56*56*128=400K weights: 0
      CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*128)*256 = 294,912
      CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,824
      CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,824
      POOL2: [28x28x256] memory: 28*28*256=200K weights: 0
      CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*256)*512 = 1,179,648
      CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*512)*512 = 2,359,296
      CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*512)*512 = 2,359,296
      POOL2: [14x14x512] memory: 14*14*512=100K weights: 0
      CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
      CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
      CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
      POOL2: [7x7x512] memory: 7*7*512=25K weights: 0
      FC: [1x1x4096] memory: 4096 weights: 7*7*512*4096 = 102,760,448
      FC: [1x1x4096] memory: 4096 weights: 4096*4096 = 16,777,216
      FC: [1x1x1000] memory: 1000 weights: 4096*1000 = 4,096,000
      """;

  private static final Pattern LINE =
      Pattern.compile(
          "\\S+ \\[([0-9x]+)] memory: ([0-9*]+)(?:=([0-9.]+)([KM]))? weights: ([0-9*()]+)"
              + "(?: = ([0-9,]+))?");

  /**
   * The notes total "24M * 4 bytes", 93 or 96 MB for an image. Their own lines sum to 15,237,608
   * values, 58 MiB; that is what a forward pass of the network makes.
   */
  @Test
  void theTableOfTheNotesLineByLine() {
    Model model = Zoo.vgg16(1000);
    Summary s = model.summary();
    List<Summary.Row> rows = s.rows().stream().filter(r -> r.memory() > 0).toList();
    List<String> lines = NOTES.lines().toList();
    assertEquals(lines.size(), rows.size());
    long memory = 0;
    long weights = 0;
    for (int i = 0; i < lines.size(); i++) {
      Matcher m = LINE.matcher(lines.get(i));
      assertTrue(m.matches(), lines.get(i));
      Summary.Row row = rows.get(i);
      String output = LayerTable.output(row.output());
      assertEquals(m.group(1), output.contains("x") ? output : "1x1x" + output, lines.get(i));
      long values = LayerTable.value(m.group(2));
      assertEquals(values, row.memory(), lines.get(i));
      if (m.group(3) != null) {
        double unit = m.group(4).equals("M") ? 1e6 : 1e3;
        assertEquals(Double.parseDouble(m.group(3)) * unit, (double) values, 0.025 * values);
      }
      long products = LayerTable.value(m.group(5));
      assertEquals(m.group(6) == null ? 0 : LayerTable.value(m.group(6)), products);
      long biases = products == 0 ? 0 : row.output().dim(1);
      assertEquals(products + biases, row.parameters(), lines.get(i));
      long positions = products == 0 ? 0 : row.output().elements() / row.output().dim(1);
      assertEquals(products * positions, row.macs(), lines.get(i));
      memory += values;
      weights += products;
    }
    assertEquals(15_237_608, memory);
    assertEquals(memory, s.memory());
    assertEquals(138_344_128, weights);
    assertEquals(138_357_544, s.parameters());
    assertEquals(15_470_264_320L, s.macs());
  }

  /** Parameters; table 2 of the paper rounds them to 133, 133, 134, 138 and 144 million. */
  @ParameterizedTest
  @CsvSource({
    "vgg11, 132863336, 133",
    "vgg11_lrn, 132863336, 133",
    "vgg13, 133047848, 133",
    "vgg16_c, 133638952, 134",
    "vgg16, 138357544, 138",
    "vgg19, 143667240, 144",
    "vgg11_bn, 132868840, 133",
    "vgg13_bn, 133053736, 133",
    "vgg16_c_bn, 133647400, 134",
    "vgg16_bn, 138365992, 138",
    "vgg19_bn, 143678248, 144",
  })
  void parameters(String name, long parameters, long millions) {
    Summary s = Zoo.of(name).build().summary();
    assertEquals(parameters, s.parameters());
    assertEquals(millions, Math.round(parameters / 1e6));
  }

  @Test
  void configurationA() {
    LayerTable.check(
        Zoo.of("vgg11").build().summary(),
        a("").formatted(0, 2, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18, 20));
  }

  /** A-LRN has one more layer, and so one more row, and the numbers of those behind move up. */
  @Test
  void configurationALrn() {
    LayerTable.check(
        Zoo.of("vgg11_lrn").build().summary(),
        a("features.2 | 224x224x64\n").formatted(0, 3, 4, 6, 7, 9, 11, 12, 14, 16, 17, 19, 21));
  }

  private static final String CLASSIFIER =
      """
      classifier.0 | 4096 | 7*7*512*4096+4096 | | 7*7*512*4096
      classifier.3 | 4096 | 4096*4096+4096    | | 4096*4096
      classifier.6 | 1000 | 4096*1000+1000    | | 4096*1000
      """;

  private static String a(String lrn) {
    return """
        input       | 224x224x3
        features.%d | 224x224x64  | 64*3*3*3+64     | | 224*224*64*3*3*3
        """
        + lrn
        + """
        features.%d | 112x112x64
        features.%d | 112x112x128 | 128*3*3*64+128  | | 112*112*128*3*3*64
        features.%d | 56x56x128
        features.%d | 56x56x256   | 256*3*3*128+256 | | 56*56*256*3*3*128
        features.%d | 56x56x256   | 256*3*3*256+256 | | 56*56*256*3*3*256
        features.%d | 28x28x256
        features.%d | 28x28x512   | 512*3*3*256+512 | | 28*28*512*3*3*256
        features.%d | 28x28x512   | 512*3*3*512+512 | | 28*28*512*3*3*512
        features.%d | 14x14x512
        features.%d | 14x14x512   | 512*3*3*512+512 | | 14*14*512*3*3*512
        features.%d | 14x14x512   | 512*3*3*512+512 | | 14*14*512*3*3*512
        features.%d | 7x7x512
        """
        + CLASSIFIER;
  }

  @Test
  void configurationC() {
    LayerTable.check(
        Zoo.of("vgg16_c").build().summary(),
        """
        input       | 224x224x3
        features.0  | 224x224x64  | 64*3*3*3+64     | | 224*224*64*3*3*3
        features.2  | 224x224x64  | 64*3*3*64+64    | | 224*224*64*3*3*64
        features.4  | 112x112x64
        features.5  | 112x112x128 | 128*3*3*64+128  | | 112*112*128*3*3*64
        features.7  | 112x112x128 | 128*3*3*128+128 | | 112*112*128*3*3*128
        features.9  | 56x56x128
        features.10 | 56x56x256   | 256*3*3*128+256 | | 56*56*256*3*3*128
        features.12 | 56x56x256   | 256*3*3*256+256 | | 56*56*256*3*3*256
        features.14 | 56x56x256   | 256*256+256     | | 56*56*256*256
        features.16 | 28x28x256
        features.17 | 28x28x512   | 512*3*3*256+512 | | 28*28*512*3*3*256
        features.19 | 28x28x512   | 512*3*3*512+512 | | 28*28*512*3*3*512
        features.21 | 28x28x512   | 512*512+512     | | 28*28*512*512
        features.23 | 14x14x512
        features.24 | 14x14x512   | 512*3*3*512+512 | | 14*14*512*3*3*512
        features.26 | 14x14x512   | 512*3*3*512+512 | | 14*14*512*3*3*512
        features.28 | 14x14x512   | 512*512+512     | | 14*14*512*512
        features.30 | 7x7x512
        """
            + CLASSIFIER);
  }

  /**
   * B, E and the forms with batch normalisation: per block, the number of layers and their sums.
   */
  @ParameterizedTest
  @CsvSource({
    "vgg13, 2 2 2 2 2",
    "vgg19, 2 2 4 4 4",
    "vgg11_bn, 1 1 2 2 2",
    "vgg13_bn, 2 2 2 2 2",
    "vgg16_bn, 2 2 3 3 3",
    "vgg19_bn, 2 2 4 4 4",
  })
  void blocks(String name, String depths) {
    StringBuilder table = new StringBuilder("input | 224x224x3\n");
    boolean normalised = name.endsWith("_bn");
    int index = 0;
    int side = 224;
    int channels = 3;
    int filters = 64;
    for (String depth : depths.split(" ", -1)) {
      for (int i = 0; i < Integer.parseInt(depth); i++) {
        table.append(
            "features.%d | %dx%dx%d | %5$d*9*%6$d+%5$d | | %3$d*%3$d*%5$d*9*%6$d%n"
                .formatted(index++, side, side, filters, filters, channels));
        if (normalised) {
          table.append(
              "features.%d | %dx%dx%d | 2*%d | 0%n"
                  .formatted(index++, side, side, filters, filters));
        }
        index++;
        channels = filters;
      }
      side /= 2;
      table.append("features.%d | %dx%dx%d%n".formatted(index++, side, side, filters));
      filters = Math.min(512, 2 * filters);
    }
    LayerTable.check(Zoo.of(name).build().summary(), table + CLASSIFIER);
  }

  /** Three 3×3 convolutions see as much as one 7×7. */
  @Test
  void aStackOfThreeSeesSevenBySeven() {
    Summary s = Zoo.vgg16(1000).summary();
    double before = s.row("features.9").receptiveField().get(0);
    double stride = s.row("features.9").stride().get(0);
    assertEquals(4, stride);
    assertEquals(before + 6 * stride, s.row("features.14").receptiveField().get(0));
  }
}
