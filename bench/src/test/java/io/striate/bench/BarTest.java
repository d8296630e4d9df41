package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parts of the bar, its goals, and the tables made of its results. */
class BarTest {
  /** ResNet-18 in two processes, where the second one is better on ONNX Runtime's side only. */
  private static final String RESULTS =
      """
      {"measured": "2026-01-02T03:04:05Z",
       "machine": {"cpu": "C", "isa": "AVX2", "cores": 2, "os": "O", "jdk": "J", "loadAverageAtStart": 0.1},
       "engines": [{"engine": "cpu", "version": "v1"}], "leftOut": [{"engine": "vector", "reason": "none"}],
       "models": [
         {"model": "zoo:resnet18", "batch": 1, "threads": 1, "process": 1, "engine": "onnxruntime", "medianMs": 30, "minMs": 29, "commit": "abc", "loadBefore": 0.2},
         {"model": "zoo:resnet18", "batch": 1, "threads": 1, "process": 1, "engine": "cpu", "medianMs": 15, "minMs": 14, "commit": "abc", "loadBefore": 0.2},
         {"model": "zoo:resnet18", "batch": 1, "threads": 1, "process": 1, "engine": "cpu:strict", "medianMs": 31, "minMs": 14, "commit": "abc", "loadBefore": 0.2},
         {"model": "zoo:resnet18", "batch": 1, "threads": 2, "process": 1, "engine": "onnxruntime", "medianMs": 20, "minMs": 9, "commit": "abc", "loadBefore": 0.2, "handOffNanos": 70},
         {"model": "zoo:resnet18", "batch": 1, "threads": 2, "process": 1, "engine": "cpu", "medianMs": 8, "minMs": 7, "gflops": 50, "peakGflops": 100, "javaBytesPerRun": 0, "differenceFromScalar": 1e-6, "commit": "abc", "loadBefore": 0.2, "handOffNanos": 70},
         {"model": "zoo:resnet18", "batch": 1, "threads": 2, "process": 2, "engine": "onnxruntime", "medianMs": 12, "minMs": 9, "commit": "abc", "loadBefore": 0.3, "handOffNanos": 340},
         {"model": "zoo:resnet18", "batch": 1, "threads": 2, "process": 2, "engine": "cpu", "medianMs": 10, "minMs": 7, "gflops": 40, "peakGflops": 100, "javaBytesPerRun": 0, "differenceFromScalar": 1e-6, "commit": "abc", "loadBefore": 0.2, "handOffNanos": 340}],
       "layers": [
         {"shapes": "m", "layer": "m/a", "kind": "3×3", "engine": "onednn", "kernel": "o", "medianUs": 90, "speedOverOnednn": 1},
         {"shapes": "m", "layer": "m/a", "kind": "3×3", "engine": "cpu", "kernel": "w", "medianUs": 30, "speedOverOnednn": 3},
         {"shapes": "m", "layer": "m/a", "kind": "3×3", "engine": "cpu:strict", "kernel": "d", "medianUs": 100, "speedOverOnednn": 0.9}],
       "tails": [
         {"model": "zoo:resnet18", "batch": 1, "threads": 1, "engine": "cpu", "runs": 2000, "medianMs": 15, "p99Ms": 16, "p999Ms": 18, "maxMs": 20, "tail": 1.2, "javaBytesPerRun": 0}],
       "idle": [
         {"model": "zoo:resnet18", "batch": 1, "threads": 2, "engine": "cpu", "idleCpuPercent": 0.25},
         {"model": "zoo:resnet18", "batch": 1, "threads": 2, "engine": "vector", "idleCpuPercent": 1.5}]}
      """;

  @TempDir private Path folder;

  @Test
  void enginesThatAreNotAskedForKeepTheirRows() {
    BarOptions options =
        BarOptions.parse(
            "--parts",
            "models",
            "--models",
            "resnet18",
            "--threads",
            "1",
            "--batch",
            "1",
            "--engines",
            "onnxruntime,cpu");
    List<Map<String, Object>> rows = Results.rows(Results.parse(RESULTS, "r"), "models");
    List<Map<String, Object>> left =
        BarPart.of(options).get(0).without(rows.subList(0, 2), rows); // onnxruntime and cpu
    assertEquals(rows.subList(2, rows.size()), left);
  }

  @Test
  void theReadmeTableShowsTheBestOfAllProcessesAndLosses() {
    String table = BarTable.markdown(Results.parse(RESULTS, "r"), "2026-01-02-bar.json");
    assertTrue(
        table.contains("| ResNet-18 | 30.0 | 2.00 / **0.97** | – / – | 1.50 / – | – / – | – | – |"),
        table);
    assertTrue(table.contains("the best median of 2 processes, on both sides"), table);
    assertTrue(table.contains("at most 0.3"), table);
    assertTrue(table.contains("commit abc;"), table);
  }

  @Test
  void thePageShowsGoalsFiguresLayersAndTails() {
    String page = BarPage.markdown(Results.parse(RESULTS, "r"), "2026-01-02-bar.json");
    for (String line :
        List.of(
            "| ResNet-18 | `cpu` | 1 | 1 | 2.00 | 1.60 | 1.85 | target met |",
            "| ResNet-18 | `cpu:strict` | 1 | 1 | **0.97** | 0.98 | 1.05 | **below the floor** |",
            "| ResNet-18 | `cpu` | 1 | 2 | 1.50 | 1.55 | 1.80 | **below the floor** |",
            "1 of 3 floors and 1 targets are met.",
            "| ResNet-18 | `cpu` | 1 | 2 | 8.00 | 7.00 | – | 1.50 | 1.88 | 50 | 50 % | 0 | 1.0e-06 | 2 |",
            "| m/a | 3×3 | 90.0 | **0.90** | 3.00 | `w` |",
            "1 of 1 layers are.",
            "(a round trip between two cores took 70 to 340 ns)",
            "| ResNet-18 | `cpu` | 1 | 2000 | 15.0 | 16.0 | 18.0 | 20.0 | **1.20** | 0 |",
            "| ResNet-18 | `cpu` | 2 | 0.25 % |",
            "| ResNet-18 | `vector` | 2 | **1.50 %** |",
            "* vector was left out: none")) {
      assertTrue(page.contains(line), () -> line + " is not in\n" + page);
    }
  }

  @Test
  void thePageNamesWhatAllocates() {
    String page = BarPage.markdown(Results.parse(RESULTS, "r"), "r");
    assertTrue(page.contains("No engine of Striate allocated a byte per inference."), page);
    String guilty = RESULTS.replaceFirst("\"javaBytesPerRun\": 0", "\"javaBytesPerRun\": 32");
    page = BarPage.markdown(Results.parse(guilty, "r"), "r");
    String named =
        "**Striate allocated in the steady state:** ResNet-18 `cpu`, batch 1, threads 2.";
    assertTrue(page.contains(named), page);
  }

  @Test
  void publishedTablesAreThoseOfTheLatestResults() throws IOException {
    Optional<Path> latest = Results.latest(Results.BAR_ENDING);
    if (latest.isPresent()) {
      Map<String, Object> all = Results.read(latest.get());
      String name = String.valueOf(latest.get().getFileName());
      String readme = Files.readString(Places.root().resolve("README.md"));
      assertEquals(readme, Table.replaced(readme, BarTable.markdown(all, name), "README.md"));
      assertEquals(
          BarPage.markdown(all, name),
          Files.readString(Places.root().resolve("docs/benchmarks.md")));
    } else {
      assertFalse(Files.exists(Places.root().resolve("docs/benchmarks.md")));
    }
  }

  @Test
  void goalsOfTwoThreadsAreLower() {
    BarGoals goals = BarGoals.parse("x | X | 1.1/1.3 | - | 0.8/1.0", "here");
    assertEquals(Optional.of(new BarGoals.Range(1.1, 1.3)), goals.goal("cpu", 1, 1));
    assertEquals(1.05, goals.goal("cpu", 1, 2).orElseThrow().floor(), 1e-9);
    assertEquals(Optional.empty(), goals.goal("cpu", 8, 1));
    assertEquals(0.98, goals.goal("cpu:strict", 8, 1).orElseThrow().floor());
    assertEquals(12, BarGoals.all().size());
    for (String wrong :
        List.of("x | X | 1.1 | - | -", "x | X | 2/1 | - | -", "x | X", "x|X|a/b|-|-")) {
      var e =
          assertThrows(IllegalArgumentException.class, () -> BarGoals.parse(wrong, "bar.txt:7"));
      assertTrue(String.valueOf(e.getMessage()).startsWith("bar.txt:7"), e.getMessage());
    }
  }

  @Test
  void aPartIsCompleteWithAllItsEnginesOrTheReasonWhyNot() {
    BarOptions options =
        BarOptions.parse(
            "--models",
            "lenet5",
            "--threads",
            "2",
            "--batch",
            "1",
            "--processes",
            "2",
            "--engines",
            "onnxruntime,cpu");
    List<BarPart> parts = BarPart.of(options);
    assertEquals(
        List.of(
            "models, batch 1, model zoo:lenet5, process 1, threads 2",
            "models, batch 1, model zoo:lenet5, process 2, threads 2",
            "tails, model zoo:lenet5, threads 2",
            "idle, model zoo:lenet5, threads 2",
            "layers, shapes lenet5"),
        parts.stream().map(BarPart::toString).toList());
    Map<String, Object> peer =
        Map.of(
            "model",
            "zoo:lenet5",
            "batch",
            1L,
            "threads",
            2L,
            "process",
            1L,
            "engine",
            "onnxruntime");
    assertTrue(parts.get(0).owns(peer));
    assertFalse(parts.get(1).owns(peer));
    assertFalse(parts.get(0).isComplete(List.of(peer), Set.of()));
    assertTrue(parts.get(0).isComplete(List.of(peer), Set.of("cpu")));
    assertFalse(parts.get(1).isComplete(List.of(peer), Set.of("cpu", "onnxruntime")));
  }

  @Test
  void resultsAreReadAsTheyWereWritten() throws IOException {
    Map<String, Object> all = Results.parse(RESULTS, "r");
    Path file = folder.resolve("a/r.json");
    Results.write(file, all);
    assertEquals(all, Results.read(file));
    assertThrows(IllegalArgumentException.class, () -> Results.parse("[]", "r"));
    assertThrows(IllegalArgumentException.class, () -> Results.rows(Map.of("x", "y"), "x"));
    assertThrows(IllegalArgumentException.class, () -> Results.text(Map.of("x", true), "x"));
    assertTrue(Double.isNaN(Results.number(Results.parse("{\"x\": null}", "r"), "x")));
  }

  @ParameterizedTest
  @CsvSource({
    "--parts all, there is no part 'all'",
    "--processes 0, must be at least 1",
    "--engines cpu:exact, there is no engine 'cpu:exact'",
    "--engines onnxruntime:strict, a peer has no accuracy modes",
    "--what, there is no option --what",
    "--budget, a value is missing after --budget"
  })
  void wrongUsageIsNamed(String args, String message) {
    var e =
        assertThrows(IllegalArgumentException.class, () -> BarOptions.parse(args.split(" ", -1)));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }
}
