package io.striate.bench;

import io.striate.StriateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How far the slowest runs lie from the median.
 *
 * <p>Engines take turns of half a second, each after a pause and one run that is not measured, as
 * requests would follow each other in a busy service. The tail is p99.9 over the median; of fewer
 * than 1000 runs it is the slowest.
 */
public final class Tails {
  private static final double TURN_NANOS = 0.5e9;
  private static final String USAGE =
      """
      Measures latency tails and Java bytes per inference.

        tails [OPTION...] MODEL

        --engines LIST   as of compare (onnxruntime,cpu)
        --threads N      (1)
        --batch N        images per run (1)
        --seconds S      per engine (20)
        --output FILE    the results as JSON
      """;

  private final OneModel options;
  private int batch = 1;
  private int seconds = 20;

  private Tails(String[] args) {
    options =
        OneModel.parse(
            args,
            "onnxruntime,cpu",
            1,
            Map.of(
                "--batch", rest -> batch = rest.atLeast(1),
                "--seconds", rest -> seconds = rest.atLeast(1)));
  }

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(USAGE);
      return;
    }
    Tails tails;
    Subject subject;
    try {
      tails = new Tails(args);
      subject = Subject.of(tails.options.model(), tails.batch);
    } catch (IllegalArgumentException e) {
      System.err.println("tails: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
      return;
    }
    try {
      List<Map<String, Object>> rows = tails.run(subject);
      rows.forEach(Tails::print);
      if (tails.options.output().isPresent()) {
        Results.write(tails.options.output().get(), new LinkedHashMap<>(Map.of("tails", rows)));
      }
    } catch (StriateException | IllegalArgumentException | IllegalStateException | IOException e) {
      System.err.println("tails: " + e.getMessage());
      System.exit(1);
    }
  }

  private List<Map<String, Object>> run(Subject subject) {
    List<Session> sessions = new ArrayList<>();
    List<Turns> turns = new ArrayList<>();
    int rounds = (int) Math.max(1, Math.round(seconds * 1e9 / TURN_NANOS));
    try {
      float[] expected = Oracle.answer(subject).output();
      for (Engine e : options.engines()) {
        Session s = e.open(subject, options.threads());
        sessions.add(s);
        turns.add(new Turns(s::run, 2, TURN_NANOS, rounds, 2.0 * seconds));
      }
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < turns.size(); i++) {
          turns.get((round + i) % turns.size()).take(round);
        }
      }
      List<Map<String, Object>> rows = new ArrayList<>();
      for (int i = 0; i < turns.size(); i++) {
        Engine e = options.engines().get(i);
        ModelComparison.check(e, subject, options.threads(), expected, sessions.get(i));
        rows.add(row(subject, e, turns.get(i)));
      }
      return rows;
    } finally {
      sessions.forEach(Session::close);
    }
  }

  private Map<String, Object> row(Subject subject, Engine engine, Turns turns) {
    Samples s = turns.samples();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", subject.name());
    row.put("batch", subject.batch());
    row.put("threads", options.threads());
    row.put("engine", engine.name());
    row.put("runs", s.count());
    row.put("medianMs", s.median() / 1e6);
    row.put("p99Ms", s.quantile(0.99) / 1e6);
    row.put("p999Ms", s.quantile(0.999) / 1e6);
    row.put("maxMs", s.quantile(1) / 1e6);
    row.put("tail", s.quantile(0.999) / s.median());
    row.put("javaBytesPerRun", turns.fewestBytes());
    return row;
  }

  private static void print(Map<String, Object> row) {
    System.out.printf(
        Locale.ROOT,
        "%-24s  %.0f thread(s)  %-12s  median %9.4f ms  p99 %9.4f  p99.9 %9.4f  max %9.4f"
            + "  tail %.3f  %.0f runs  %.0f B/run%n",
        row.get("model"),
        Results.number(row, "threads"),
        row.get("engine"),
        Results.number(row, "medianMs"),
        Results.number(row, "p99Ms"),
        Results.number(row, "p999Ms"),
        Results.number(row, "maxMs"),
        Results.number(row, "tail"),
        Results.number(row, "runs"),
        Results.number(row, "javaBytesPerRun"));
  }
}
