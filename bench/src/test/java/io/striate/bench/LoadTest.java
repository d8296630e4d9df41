package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTest {
  @TempDir private Path folder;

  private static String failure(String... args) {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> new Load(new Arguments(args)).run(nowhere));
    return String.valueOf(e.getMessage());
  }

  /** Every request is answered or rejected, at a rate far beyond what the queue can hold too. */
  @Test
  void everyRequestIsAccountedFor() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Load load =
        new Load(
            new Arguments(
                "--strategy",
                "scalar",
                "--threads",
                "2",
                "--rates",
                "200,50000",
                "--seconds",
                "1",
                "--queue",
                "4",
                "--max-batch",
                "3",
                TinyModel.write(folder)));
    List<Load.Row> rows = load.run(new PrintStream(text, true, StandardCharsets.UTF_8));
    assertEquals(
        List.of("in turn", "at once", "batcher", "batchers"),
        rows.subList(0, 4).stream().map(Load.Row::service).toList());
    assertEquals(8, rows.size());
    for (Load.Row r : rows) {
      assertEquals(r.requests(), r.rejected() + r.latency().count(), r.toString());
      assertTrue(r.latency().least() > 0, r.toString());
    }
    String printed = text.toString(StandardCharsets.UTF_8);
    assertTrue(printed.contains("50000 requests/s") && printed.contains("p99.9"), printed);
  }

  @Test
  void wrongUsageIsNamed() {
    assertTrue(failure("--speed", "3").contains("--speed"));
    assertTrue(failure("--threads", "0").contains("--threads"));
    assertTrue(failure("a.onnx", "b.onnx").contains("one model"));
    assertTrue(failure("none.onnx").contains("none.onnx"));
  }
}
