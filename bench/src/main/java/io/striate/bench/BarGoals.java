package io.striate.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One row of {@code bench/bar.txt}: a model that Striate is judged by, and the speeds asked of it.
 *
 * @param model as engines are given it, {@code zoo:NAME}
 * @param title for people
 * @param goals those that are set
 */
record BarGoals(String model, String title, Map<Goal, Range> goals) {

  /** Speeds relative to ONNX Runtime: the least that is asked, and what is aimed at. */
  record Range(double floor, double target) {}

  /** What a speed is asked of, on one thread. */
  enum Goal {
    CPU_1("cpu", 1),
    CPU_8("cpu", 8),
    VECTOR_1("vector", 1);

    private final String engine;
    private final int batch;

    Goal(String engine, int batch) {
      this.engine = engine;
      this.batch = batch;
    }
  }

  /** What the floor and target of one thread are lowered by for two. */
  private static final double TWO_THREADS_LESS = 0.05;

  private static final Range STRICT = new Range(0.98, 1.05);
  private static final int COLUMNS = 2 + Goal.values().length;

  /** All rows. */
  static List<BarGoals> all() {
    Path file = Places.root().resolve("bench/bar.txt");
    try {
      List<BarGoals> all = new ArrayList<>();
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i).replaceFirst("#.*", "").strip();
        if (!line.isEmpty()) {
          all.add(parse(line, "bar.txt:" + (i + 1)));
        }
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** The row of a model, if it has one. */
  static Optional<BarGoals> of(String model) {
    return all().stream().filter(g -> g.model.equals(model)).findFirst();
  }

  static BarGoals parse(String line, String where) {
    String[] cells = line.split("\\s*\\|\\s*", -1);
    if (cells.length != COLUMNS) {
      throw new IllegalArgumentException(
          where + " has " + cells.length + " columns; " + COLUMNS + " are expected: " + line);
    }
    Map<Goal, Range> goals = new EnumMap<>(Goal.class);
    int column = 2;
    for (Goal goal : Goal.values()) {
      range(cells[column++], where).ifPresent(r -> goals.put(goal, r));
    }
    return new BarGoals("zoo:" + cells[0], cells[1], goals);
  }

  private static Optional<Range> range(String cell, String where) {
    if (cell.equals("-")) {
      return Optional.empty();
    }
    String[] ends = cell.split("/", -1);
    try {
      if (ends.length == 2) {
        Range range = new Range(Double.parseDouble(ends[0]), Double.parseDouble(ends[1]));
        if (range.floor() > 0 && range.target() >= range.floor()) {
          return Optional.of(range);
        }
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          where + ": '" + cell + "' is no FLOOR/TARGET; write 1.1/1.3 or -", e);
    }
    throw new IllegalArgumentException(
        where + ": '" + cell + "' is no FLOOR/TARGET; write 1.1/1.3 or -");
  }

  /** What is asked of an engine with this batch and number of threads. */
  Optional<Range> goal(String engine, int batch, int threads) {
    if (engine.equals("cpu:strict")) {
      return Optional.of(STRICT);
    }
    for (Goal g : Goal.values()) {
      if (g.engine.equals(engine) && g.batch == batch) {
        Optional<Range> one = Optional.ofNullable(goals.get(g));
        return threads == 1
            ? one
            : one.map(r -> new Range(r.floor() - TWO_THREADS_LESS, r.target() - TWO_THREADS_LESS));
      }
    }
    return Optional.empty();
  }
}
