package io.striate.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A {@link Summary} as text: one line per layer, then the totals. */
final class SummaryTable {
  private static final List<String> HEAD =
      List.of("Layer (type)", "Output", "Param #", "Memory", "MACs", "Field", "Stride");
  private static final double MIB = 1 << 20;

  private SummaryTable() {}

  static String of(Summary s) {
    List<List<String>> lines = new ArrayList<>(List.of(HEAD));
    for (Summary.Row r : s.rows()) {
      lines.add(
          List.of(
              r.layer() + " (" + r.type() + ")",
              r.output().toString(),
              number(r.parameters() + r.states()),
              number(r.memory()),
              number(r.macs()),
              ReceptiveField.text(r.receptiveField()),
              ReceptiveField.text(r.stride())));
    }
    int[] widths = new int[HEAD.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder out = new StringBuilder(s.title()).append('\n');
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String format = (i < 2 ? "%-" : "%") + widths[i] + "s";
        text.append(i == 0 ? "" : "  ").append(String.format(Locale.ROOT, format, line.get(i)));
      }
      out.append(text.toString().stripTrailing()).append('\n');
    }
    long all = s.parameters() + s.states();
    return out.append(
            String.format(
                Locale.ROOT,
                "Total params: %,d (%.2f MiB)%n"
                    + "Trainable params: %,d%n"
                    + "Non-trainable params: %,d%n"
                    + "Forward: %,d values (%.2f MiB), %,d multiply-adds%n"
                    + "Training: %,d values (%.2f MiB), %,d multiply-adds%n",
                all,
                bytes(all),
                s.parameters(),
                s.states(),
                s.memory(),
                bytes(s.memory()),
                s.macs(),
                s.trainingMemory(),
                bytes(s.trainingMemory()),
                s.trainingMacs()))
        .toString();
  }

  private static double bytes(long values) {
    return values * Float.BYTES / MIB;
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
