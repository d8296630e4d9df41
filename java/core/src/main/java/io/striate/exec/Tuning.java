package io.striate.exec;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@link CompiledModel#tune} measured.
 *
 * @param before milliseconds of all steps with the kernels that are chosen untuned
 * @param after the same with the fastest kernels
 */
public record Tuning(String title, List<Row> rows, double before, double after) {

  /**
   * A kernel of a step.
   *
   * @param millis median time of the step with this kernel
   * @param estimated true if one tile was so slow that the rest was not run: {@code millis} is that
   *     tile's time times the tiles
   */
  public record Time(String provider, String kernel, double millis, boolean estimated) {}

  /** A step: the untuned kernel, the fastest, and all others, fastest first. */
  public record Row(String step, Time untuned, Time fastest, List<Time> others) {
    /** Copies and sorts the list. */
    public Row {
      others = others.stream().sorted(Comparator.comparingDouble(Time::millis)).toList();
    }

    /** Whether measuring changed the choice. */
    public boolean changed() {
      return !untuned.equals(fastest);
    }
  }

  /** Copies the rows. */
  public Tuning {
    rows = List.copyOf(rows);
  }

  /** The row of a step. */
  public Optional<Row> row(String step) {
    return rows.stream().filter(r -> r.step().equals(step)).findFirst();
  }

  /** A table for people: the fastest kernel of every step, below it the others. */
  @Override
  public String toString() {
    int name = Math.max(4, rows.stream().mapToInt(r -> r.step().length()).max().orElse(4));
    StringBuilder out = new StringBuilder(title).append(System.lineSeparator());
    for (Row r : rows) {
      line(out, name, r.step(), r.fastest(), r.changed() ? "  faster than untuned" : "");
      r.others().forEach(t -> line(out, name, "", t, t.equals(r.untuned()) ? "  untuned" : ""));
    }
    long changed = rows.stream().filter(Row::changed).count();
    return out.append(
            String.format(
                Locale.ROOT,
                "%d of %d steps get another kernel; all steps together %.3f ms, untuned %.3f ms%n",
                changed,
                rows.size(),
                after,
                before))
        .toString();
  }

  private static void line(StringBuilder out, int width, String step, Time t, String note) {
    out.append(
        String.format(
            Locale.ROOT,
            "%-" + width + "s  %s%9.4f ms  %-8s  %s%s%n",
            step,
            t.estimated() ? "~" : " ",
            t.millis(),
            t.provider(),
            t.kernel(),
            note));
  }
}
