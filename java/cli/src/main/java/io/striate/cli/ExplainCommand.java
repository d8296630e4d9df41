package io.striate.cli;

import io.striate.exec.CompiledModel;
import io.striate.exec.Explanation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  @Option(
      names = "--why",
      paramLabel = "STEP",
      description = "Only this step, with every kernel that it does not run and the reason.")
  private Optional<String> why = Optional.empty();

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  private void explainStep(CompiledModel compiled, Explanation all, String step) {
    Explanation.Row row =
        all.rows().stream()
            .filter(r -> r.name().equals(step))
            .findFirst()
            .orElseThrow(
                () ->
                    new CommandLine.ParameterException(
                        spec.commandLine(),
                        "--why names '" + step + "'; the steps are " + names(all)));
    List<String> passedOver = compiled.passedOver(step);
    if (output.json()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("step", step);
      object.put("provider", row.provider());
      object.put("kernel", row.kernel());
      object.put("passedOver", passedOver);
      output.object(object);
      return;
    }
    output.line("%s runs %s: %s", step, row.provider(), row.kernel());
    row.tuned().ifPresent(t -> output.line("  %s", t));
    passedOver.forEach(line -> output.line("  not %s", line));
  }

  private static List<String> names(Explanation all) {
    return all.rows().stream().map(Explanation.Row::name).toList();
  }

  @Override
  public Integer call() {
    if (batch < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--batch is " + batch + "; it must be 1 or more, or 0");
    }
    try (CompiledModel compiled = source.load().compile(run.options(run.one()).batch(batch))) {
      Explanation explanation = compiled.explain();
      if (why.isPresent()) {
        explainStep(compiled, explanation, why.get());
        return 0;
      }
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
