package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.TimeValue;

/** 0 bytes per run, as JMH's GC profiler sees it. */
class AllocationTest {
  @TempDir private Path folder;

  @Test
  void noStrategyAllocatesPerRun() throws RunnerException {
    List<String> strategies = AllocationCheck.availableStrategies();
    Map<String, Double> bytes =
        new AllocationCheck(0, TimeValue.milliseconds(100))
            .bytesPerRun(List.of(TinyModel.write(folder)), strategies, List.of(1, 2));
    assertEquals(2 * strategies.size(), bytes.size(), bytes.toString());
    bytes.forEach(
        (what, b) ->
            assertTrue(b < AllocationCheck.NOISE_BYTES, what + " allocates " + b + " B/op"));
  }

  /** Otherwise the test above would pass because nothing is measured. */
  @Test
  void theProfilerSeesAnEngineThatAllocates() throws RunnerException {
    Map<String, Double> bytes =
        new AllocationCheck(0, TimeValue.milliseconds(10))
            .bytesPerRun(List.of(TinyModel.write(folder)), List.of(Engine.PEER), List.of(1));
    bytes.forEach((what, b) -> assertTrue(b > 100, what + " allocates " + b + " B/op"));
    assertEquals(1, bytes.size());
  }
}
