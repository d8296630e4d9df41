package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The comparison, what it writes, and the tables made of it. */
class ResultsTest {
  @TempDir private Path folder;

  @Test
  void aComparisonIsWrittenAndBecomesATable() throws IOException {
    Path file = folder.resolve("results.json");
    Compare.main(
        new String[] {
          "--rounds",
          "2",
          "--seconds",
          "1",
          "--warmup",
          "0",
          "--threads",
          "1",
          "--no-layers",
          "--engines",
          "onnxruntime,scalar",
          "--output",
          file.toString(),
          TinyModel.write(folder)
        });
    String json = Files.readString(file);
    assertTrue(json.contains("\"engine\": \"scalar\""), json);
    String table = Table.markdown(json, "results.json");
    assertTrue(table.contains("| Model | Threads | onnxruntime | scalar |"), table);
    assertTrue(table.contains("| tiny.onnx, batch 1 | 1 | "), table);
    assertTrue(table.contains("×)"), table);
  }

  @Test
  void aTableShowsLossesAndGaps() {
    String json =
        """
        {"measured": "2026-01-02T03:04:05Z", "commit": "abc",
         "machine": {"cpu": "C", "isa": "AVX2", "cores": 2, "os": "O", "jdk": "J", "loadAverageAtStart": 0.1},
         "engines": [{"engine": "cpu", "version": "v1"}], "leftOut": [{"engine": "vector", "reason": "none"}],
         "models": [
           {"model": "m", "batch": 1, "threads": 1, "engine": "onnxruntime", "medianMs": 2, "ratioOfMedians": 1},
           {"model": "m", "batch": 1, "threads": 1, "engine": "cpu", "medianMs": 123.4, "ratioOfMedians": 61.7, "ratioOfMinima": 0.5},
           {"model": "m", "batch": 1, "threads": 2, "engine": "onnxruntime", "medianMs": 12.34}],
         "layers": [
           {"layer": "a/b", "kind": "k", "engine": "cpu", "share": 0.345, "gflops": 41.2}]}
        """;
    assertEquals(
        """
        Milliseconds per run, median; in brackets the multiples of ONNX Runtime's time (below 1 is faster), of the medians and of the minima.

        | Model | Threads | onnxruntime | cpu |
        |---|---|--:|--:|
        | m, batch 1 | 1 | 2.00 | 123 (61.70×, 0.50×) |
        | m, batch 1 | 2 | 12.3 | – |

        Share of the measured FMA peak on one thread, median.

        | Layer | Shape | cpu |
        |---|---|--:|
        | a/b | k | 35 % (41 GFLOP/s) |

        Measured 2026-01-02T03:04:05Z on C, AVX2, 2 cores, J; commit abc; load average before 0.1. From `bench/results/r.json`.
        * cpu: v1
        * vector was left out: none
        """,
        Table.markdown(json, "r.json"));
  }

  @Test
  void tablesReplaceWhatStandsBetweenTheMarks() {
    String text = "a\n<!-- results: begin -->\nold\n<!-- results: end -->\nb\n";
    assertEquals(
        "a\n<!-- results: begin -->\nnew\n<!-- results: end -->\nb\n",
        Table.replaced(text, "new\n", "README.md"));
    assertThrows(
        IllegalArgumentException.class, () -> Table.replaced("no marks", "new", "README.md"));
  }

  @Test
  void jsonIsWhatAReaderExpects() {
    Json.Value read =
        Json.parse(
            JsonText.of(
                Map.of(
                    "rows",
                    List.of(Map.of("text", "a\"b", "number", 1234567.89, "nan", 0.0 / 0)))));
    assertTrue(read.toString().contains("a\"b"), read.toString());
    assertTrue(read.toString().contains("1234570"), read.toString());
    assertTrue(read.toString().contains("Null"), read.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "--rounds 0, must be at least 1",
    "--rounds x, is no whole number",
    "--engines gpu, there is no engine 'gpu'",
    "--what, there is no option --what",
    "--output, a value is missing after --output",
    "--models none --no-layers, leave nothing to measure"
  })
  void wrongUsageIsNamed(String args, String message) {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> CompareOptions.parse(args.split(" ", -1)));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  @Test
  void quantiles() {
    Samples samples = new Samples();
    for (int i = 300; i >= 1; i--) {
      samples.add(i);
    }
    assertEquals(150.5, samples.median());
    assertEquals(1, samples.least());
    assertEquals(270.1, samples.quantile(0.9), 1e-9);
  }
}
