package io.striate.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The general pattern of the lecture notes, with their three examples. */
class ConvNetPatternTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INPUT -> CONV -> RELU -> FC | 1 | 1 | 0 | false",
        "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC | 1 | 2 | 1 | true",
        "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC | 2|3|2|true",
        "INPUT -> [[CONV -> RELU]*3 -> POOL]*2 -> [FC -> RELU]*0 -> FC | 3 | 2 | 0 | true",
        "INPUT→[[CONV→RELU]* 2]*2→FC | 4 | 1 | 0 | false",
        "INPUT -> FC | 0 | 0 | 0 | false",
        "INPUT -> [POOL]*2 -> FC | 0 | 2 | 0 | true"
      })
  void readsTheNotation(String text, int n, int m, int k, boolean pooling) {
    ConvNetPattern p = ConvNetPattern.parse(text);
    assertEquals(List.of(n, m, k), List.of(p.convolutions(), p.blocks(), p.hidden()));
    assertEquals(pooling, p.pooling());
    assertEquals(p, ConvNetPattern.parse(p.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "INPUT",
        "INPUT -> CONV -> FC",
        "CONV -> RELU -> FC",
        "INPUT -> CONV -> RELU -> FC -> RELU",
        "INPUT -> CONV -> RELU -> POOL -> CONV -> RELU -> FC",
        "INPUT -> CONV -> RELU -> POOL -> [CONV -> RELU]*2 -> POOL -> FC",
        "INPUT -> [CONV -> RELU -> FC",
        "INPUT -> CONV -> RELU] -> FC",
        "INPUT -> [CONV -> RELU]*N -> FC",
        "INPUT -> DENSE",
        "INPUT -> -> FC",
        "INPUT -> [[[CONV -> RELU]*999]*999]*999 -> FC",
        "INPUT -> [CONV -> RELU]*99999999999 -> FC"
      })
  void saysWhatIsWrongWithAnyOtherText(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ConvNetPattern.parse(text)).getMessage();
    assertTrue(message.contains("'" + text + "'"), message);
  }

  private static Summary.Row row(Summary s, String layer) {
    return s.rows().stream().filter(r -> r.layer().equals(layer)).findFirst().orElseThrow();
  }

  @Test
  void buildsWhatItSays() {
    Summary s =
        ConvNetPattern.of(2, 3, 2)
            .withFilters(16, 32)
            .withUnits(64)
            .withOutputs(5)
            .build("pattern", 3, 32, 48)
            .summary();
    assertEquals(Shape.of(1, 16, 16, 24), row(s, "pool1").output());
    assertEquals(Shape.of(1, 32, 8, 12), row(s, "pool2").output());
    assertEquals(Shape.of(1, 32, 4, 6), row(s, "pool3").output());
    assertEquals(32 * 16 * 9 + 32, row(s, "conv2_1").parameters());
    assertEquals(32 * 32 * 9 + 32, row(s, "conv3_2").parameters());
    assertEquals(64 * (32 * 4 * 6) + 64, row(s, "fc1").parameters());
    assertEquals(64 * 64 + 64, row(s, "fc2").parameters());
    assertEquals(5 * 64 + 5, row(s, "fc3").parameters());
    assertEquals(
        List.of("fc1", "relu_fc1", "fc2", "relu_fc2", "fc3"),
        s.rows().stream().map(Summary.Row::layer).filter(n -> n.contains("fc")).toList());
  }

  @Test
  void countsThatMakeNoNetworkAreErrors() {
    ConvNetPattern p = ConvNetPattern.of(1, 1, 1);
    assertThrows(IllegalArgumentException.class, () -> ConvNetPattern.of(-1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> ConvNetPattern.of(1000, 1000, 1));
    assertThrows(IllegalArgumentException.class, () -> p.withKernel(4));
    assertThrows(IllegalArgumentException.class, () -> p.withFilters());
    String message =
        assertThrows(IllegalArgumentException.class, () -> p.build("tiny", 3, 1, 1)).getMessage();
    assertTrue(message.contains("pool1"), message);
  }
}
