package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.striate.nn.Summary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Name, output shape, parameters and multiply-adds of every layer, against tables that PyTorch
 * wrote (tools/parity/generate.py --tables) from torchvision's networks, or from an implementation
 * of its own where torchvision has none.
 */
class LayerTablesTest {
  /**
   * Layers that a forward pass makes in place or that only rename elements, by the type of their
   * op: they need no memory of their own.
   */
  private static final Set<String> IN_PLACE =
      Set.of(
          "batch_norm",
          "relu",
          "clip",
          "silu",
          "sigmoid",
          "dropout",
          "flatten",
          "identity",
          "concat",
          "slice");

  static List<Architecture> all() {
    return Zoo.all().stream().filter(a -> table(a) != null).toList();
  }

  private static InputStream table(Architecture a) {
    return LayerTablesTest.class.getResourceAsStream("tables/" + a.name() + ".txt");
  }

  /** The architecture, with its auxiliary heads if it has any. */
  private static Summary summary(Architecture a) {
    return a.build(ZooOptions.defaults().withAuxiliaryHeads(a.hasAuxiliaryHeads())).summary();
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyLayerIsPyTorchs(Architecture a) throws IOException {
    List<String> lines;
    try (InputStream in = table(a)) {
      assertNotNull(in);
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toList();
    }
    Summary summary = summary(a);
    TreeMap<String, String> expected = new TreeMap<>();
    long parameters = 0;
    long macs = 0;
    for (String line : lines.subList(0, lines.size() - 1)) {
      String[] columns = line.split(" ", -1);
      expected.put(columns[0], String.join(" ", Arrays.asList(columns).subList(1, 4)));
      parameters += Long.parseLong(columns[2]);
      macs += Long.parseLong(columns[3]);
    }
    TreeMap<String, String> found = new TreeMap<>();
    for (Summary.Row row : summary.rows()) {
      if (!row.type().equals("input")) {
        found.put(row.layer(), row.output() + " " + row.parameters() + " " + row.macs());
      }
    }
    assertEquals(lines("", expected), lines("", found));
    assertEquals("total " + parameters, lines.getLast());
    assertEquals(parameters, summary.parameters());
    assertEquals(macs, summary.macs());
  }

  private static String lines(String title, Map<String, String> rows) {
    List<String> lines = new ArrayList<>(List.of(title));
    rows.forEach((layer, row) -> lines.add(layer + " " + row));
    return String.join("\n", lines);
  }

  @ParameterizedTest
  @MethodSource("all")
  void memoryIsThatOfResultsNotMadeInPlace(Architecture a) {
    Summary summary = summary(a);
    long memory = 0;
    for (Summary.Row row : summary.rows()) {
      long expected = IN_PLACE.contains(row.type()) ? 0 : row.output().elements();
      if (row.layer().matches("aux[12].adaptive_avg_pool2d")) {
        // 14x14 to 4x4 positions goes by way of 4x14, as no single window makes these parts.
        expected = row.output().dim(1) * (4 * 14 + 4 * 4);
      }
      assertEquals(expected, row.memory(), row.layer() + " " + row.type());
      memory += expected;
    }
    assertEquals(memory, summary.memory());
  }
}
