package io.striate.cli;

import io.striate.exec.Strategies;
import io.striate.op.Provider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What is available on this machine, and why not. */
@Command(
    name = "strategies",
    mixinStandardHelpOptions = true,
    description = "Lists the strategies, what they use on this machine, and why one is missing.")
final class StrategiesCommand implements Callable<Integer> {
  @Mixin private final Output output = new Output();

  @Override
  public Integer call() {
    for (Strategies.Strategy s : Strategies.all()) {
      Optional<String> missing = s.unavailable();
      String detail = s.name().equals("auto") ? order(s) : s.first().describe();
      if (output.json()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("strategy", s.name());
        row.put("available", missing.isEmpty());
        row.put("description", s.description());
        row.put("detail", missing.orElse(detail));
        row.put("providers", s.available().stream().map(Provider::name).toList());
        row.put("memory", Strategies.memory());
        output.object(row);
      } else {
        output.line(
            "%-8s  %-9s  %s",
            s.name(), missing.isEmpty() ? "available" : "missing", s.description());
        output.line("%-8s  %-9s  %s", "", "", missing.orElse(detail));
      }
    }
    if (!output.json()) {
      output.line("memory: %s", Strategies.memory());
    }
    return 0;
  }

  private static String order(Strategies.Strategy s) {
    return "asks " + String.join(", then ", s.available().stream().map(Provider::name).toList());
  }
}
