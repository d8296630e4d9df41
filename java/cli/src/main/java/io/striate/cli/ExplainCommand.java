package io.striate.cli;

import io.striate.exec.CompiledModel;
import io.striate.exec.Explanation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which kernel runs in every step and why. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Prints which kernel runs in every step, and which were passed over and why.")
final class ExplainCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final Output output = new Output();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "0",
      description = "Images per run (the model's own).")
  private int batch;

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    if (batch < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--batch is " + batch + "; it must be 1 or more, or 0");
    }
    try (CompiledModel compiled = source.load().compile(run.options(run.one()).batch(batch))) {
      Explanation explanation = compiled.explain();
      if (!output.json()) {
        output.line("%s", explanation.toString().stripTrailing());
        return 0;
      }
      for (Explanation.Row r : explanation.rows()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("step", r.name());
        row.put("provider", r.provider());
        row.put("kernel", r.kernel());
        row.put("output", r.output().toString());
        row.put("macs", r.macs());
        row.put("tiles", r.tiles());
        r.tuned().ifPresent(t -> row.put("tuned", t));
        row.put("passedOver", r.refusals());
        output.object(row);
      }
    }
    return 0;
  }
}
