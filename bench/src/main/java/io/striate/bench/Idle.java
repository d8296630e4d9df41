package io.striate.bench;

import io.striate.StriateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a model that waits costs: the CPU time of all threads of the process in the second that
 * begins {@value IdleCpu#SETTLE_MILLIS} ms after the last call. Engines one after the other, each
 * {@value #TIMES} times after runs of {@value #BUSY_MILLIS} ms; the least counts, since the JVM's
 * own threads (JIT, GC) may still have work from before.
 */
public final class Idle {
  private static final int TIMES = 3;
  private static final int BUSY_MILLIS = 500;
  private static final String USAGE =
      """
      Measures the CPU time that a compiled model uses while nobody calls it.

        idle [OPTION...] MODEL

        --engines LIST   as of compare (onnxruntime,cpu,vector)
        --threads N      (2)
        --output FILE    the results as JSON
      """;

  private Idle() {}

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(USAGE);
      return;
    }
    OneModel options;
    Subject subject;
    try {
      options = OneModel.parse(args, "onnxruntime,cpu,vector", 2, Map.of());
      subject = Subject.of(options.model(), 1);
    } catch (IllegalArgumentException e) {
      System.err.println("idle: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
      return;
    }
    try {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Engine engine : options.engines()) {
        rows.add(row(subject, engine, options.threads()));
      }
      if (options.output().isPresent()) {
        Results.write(options.output().get(), new LinkedHashMap<>(Map.of("idle", rows)));
      }
    } catch (StriateException | IllegalArgumentException | IllegalStateException | IOException e) {
      System.err.println("idle: " + e.getMessage());
      System.exit(1);
    }
  }

  private static Map<String, Object> row(Subject subject, Engine engine, int threads) {
    double least = Double.POSITIVE_INFINITY;
    try (Session session = engine.open(subject, threads)) {
      for (int i = 0; i < TIMES; i++) {
        long start = System.nanoTime();
        do {
          session.run();
        } while (System.nanoTime() - start < BUSY_MILLIS * 1_000_000L);
        least = Math.min(least, IdleCpu.percentOfOneCore()); // NaN, where it is unknown, stays
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-24s  %d thread(s)  %-12s  idle CPU %.2f %% of a core%n",
        subject.name(),
        threads,
        engine.name(),
        least);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", subject.name());
    row.put("batch", subject.batch());
    row.put("threads", threads);
    row.put("engine", engine.name());
    row.put("idleCpuPercent", least);
    return row;
  }
}
