package io.striate.cli;

import io.striate.exec.Tuning;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures the kernels of every step on this machine and keeps the fastest. */
@Command(
    name = "tune",
    mixinStandardHelpOptions = true,
    description = {
      "Measures all kernels of every step on this machine and keeps the times in a file.",
      "Other commands use them with --tuned. Nothing else should run meanwhile."
    })
final class TuneCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final Output output = new Output();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "0",
      description = "Images per run (the model's own).")
  private int batch;

  @Option(
      names = "--cache",
      paramLabel = "FILE",
      description = "File that keeps the times (tuning.txt in the cache folder of the user).")
  private Optional<Path> cache = Optional.empty();

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    if (batch < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--batch is " + batch + "; it must be 1 or more, or 0");
    }
    Path file = cache.orElseGet(RunOptions::defaultCache);
    Tuning tuning = source.load().tune(run.options(run.one()).batch(batch).tuneCache(file));
    if (!output.json()) {
      output.line("%s", tuning.toString().stripTrailing());
      output.line("Kept in %s", file);
      return 0;
    }
    for (Tuning.Row r : tuning.rows()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("step", r.step());
      row.put("untuned", time(r.untuned()));
      row.put("fastest", time(r.fastest()));
      List<Object> others = new ArrayList<>();
      r.others().forEach(t -> others.add(time(t)));
      row.put("others", others);
      output.object(row);
    }
    return 0;
  }

  private static Map<String, Object> time(Tuning.Time t) {
    Map<String, Object> time = new LinkedHashMap<>();
    time.put("provider", t.provider());
    time.put("kernel", t.kernel());
    time.put("ms", t.millis());
    time.put("estimated", t.estimated());
    return time;
  }
}
