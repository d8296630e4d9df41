package io.striate.exec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** What tells the processors of two machines apart. */
final class Cpu {
  private static final Set<String> FIELDS =
      Set.of("model name", "cpu family", "model", "stepping", "CPU implementer", "CPU part");

  /** Model name, family, model and stepping as Linux gives them; elsewhere the architecture. */
  static final String NAME = describe(Path.of("/proc/cpuinfo"));

  private Cpu() {}

  static String describe(Path cpuinfo) {
    Set<String> values = new LinkedHashSet<>();
    values.add(System.getProperty("os.arch"));
    try {
      for (String line : Files.readAllLines(cpuinfo)) {
        int colon = line.indexOf(':');
        if (line.isBlank()) {
          break; // the other processors are alike
        }
        String field = colon < 0 ? "" : line.substring(0, colon).strip();
        if (FIELDS.contains(field)) {
          values.add(field + " " + line.substring(colon + 1).strip());
        }
      }
    } catch (IOException e) {
      values.add(System.getProperty("os.name"));
    }
    return String.join(", ", values);
  }
}
