package io.striate.bench;

import io.striate.op.vector.PeakRate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One model on so many threads, all engines in turns. */
final class ModelComparison {
  private static final double TURN_NANOS = 30e6;

  private final Subject subject;
  private final int threads;
  private final CompareOptions options;

  ModelComparison(Subject subject, int threads, CompareOptions options) {
    this.subject = subject;
    this.threads = threads;
    this.options = options;
  }

  /** Measures, checks every answer before and after, and returns one row per engine. */
  List<Map<String, Object>> run(List<Engine> engines) {
    List<Session> sessions = new ArrayList<>();
    try {
      Oracle.Answer oracle = Oracle.answer(subject);
      float[] expected = oracle.output();
      List<Turns> turns = new ArrayList<>();
      for (Engine e : engines) {
        Session session = e.open(subject, threads);
        sessions.add(session);
        session.run();
        check(e, subject, threads, expected, session);
        turns.add(
            new Turns(
                session::run, options.warmup(), TURN_NANOS, options.rounds(), options.seconds()));
      }
      double peak = Double.NaN;
      for (int round = 0; round < options.rounds(); round++) {
        peak = best(peak, PeakRate.gflops(threads).orElse(Double.NaN));
        for (int i = 0; i < turns.size(); i++) {
          turns.get((round + i) % turns.size()).take(round);
        }
      }
      List<Map<String, Object>> rows = new ArrayList<>();
      for (int i = 0; i < engines.size(); i++) {
        double difference = check(engines.get(i), subject, threads, expected, sessions.get(i));
        rows.add(row(engines.get(i), turns.get(i), new Rates(oracle.macs(), peak), difference));
      }
      addRatios(rows);
      return rows;
    } finally {
      sessions.forEach(Session::close);
    }
  }

  /** The larger one; NaN stands for none. */
  static double best(double a, double b) {
    return Double.isNaN(a) || b > a ? b : a;
  }

  /** The difference from the right answer, which must be rounding. */
  static double check(
      Engine engine, Subject subject, int threads, float[] expected, Session session) {
    double difference = Session.difference(expected, session.output());
    if (!(difference <= Compare.LARGEST_DIFFERENCE)) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s differs from the scalar strategy by %.2g of the largest value on %s with %d"
                  + " threads; at most %.2g is right",
              engine,
              difference,
              subject.name(),
              threads,
              Compare.LARGEST_DIFFERENCE));
    }
    return difference;
  }

  private Map<String, Object> row(Engine engine, Turns turns, Rates rates, double difference) {
    Samples s = turns.samples();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", subject.name());
    row.put("batch", subject.batch());
    row.put("threads", threads);
    row.put("engine", engine.name());
    row.put("medianMs", s.median() / 1e6);
    row.put("minMs", s.least() / 1e6);
    row.put("p90Ms", s.quantile(0.9) / 1e6);
    row.put("p99Ms", s.quantile(0.99) / 1e6);
    row.put("runs", s.count());
    row.put("gflops", rates.gflops(s.median()));
    row.put("peakGflops", rates.peakGflops());
    row.put("javaBytesPerRun", turns.fewestBytes());
    row.put("differenceFromScalar", difference);
    return row;
  }

  private static void addRatios(List<Map<String, Object>> rows) {
    for (Map<String, Object> peer : rows) {
      if (Engine.PEER.equals(peer.get("engine"))) {
        for (Map<String, Object> row : rows) {
          row.put(
              "ratioOfMedians", Results.number(row, "medianMs") / Results.number(peer, "medianMs"));
          row.put("ratioOfMinima", Results.number(row, "minMs") / Results.number(peer, "minMs"));
        }
      }
    }
  }
}
