package io.striate.bench;

import java.util.ArrayList;
import java.util.List;

/** A Markdown table. */
final class Grid {
  private final List<String> lines = new ArrayList<>();
  private final int columns;

  /**
   * Heads of the columns.
   *
   * @param left how many columns at the left hold text; the others are aligned to the right
   */
  Grid(int left, List<String> heads) {
    this.columns = heads.size();
    add(heads);
    lines.add("|" + "---|".repeat(left) + "--:|".repeat(columns - left));
  }

  /** Adds a row. */
  void add(List<String> cells) {
    if (cells.size() != columns) {
      throw new IllegalArgumentException(
          "a row has " + cells.size() + " cells, the table " + columns + " columns: " + cells);
    }
    lines.add("| " + String.join(" | ", cells) + " |");
  }

  /** The table and an empty line. */
  @Override
  public String toString() {
    return String.join("\n", lines) + "\n\n";
  }
}
