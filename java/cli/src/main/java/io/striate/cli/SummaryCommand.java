package io.striate.cli;

import io.striate.nn.Summary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Layers, shapes, parameters and multiply-adds of a model. */
@Command(
    name = "summary",
    mixinStandardHelpOptions = true,
    description = "Prints layers, output shapes, parameters and multiply-adds of a model.")
final class SummaryCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();
  @Mixin private final Output output = new Output();

  @Override
  public Integer call() {
    Summary summary = source.load().summary();
    if (output.json()) {
      for (Summary.Row r : summary.rows()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("layer", r.layer());
        row.put("type", r.type());
        row.put("output", r.output().toString());
        row.put("parameters", r.parameters());
        row.put("macs", r.macs());
        output.object(row);
      }
      output.object(
          Map.of(
              "model",
              summary.title(),
              "parameters",
              summary.parameters(),
              "macs",
              summary.macs()));
    } else {
      output.line("%s", summary.toString().stripTrailing());
    }
    return 0;
  }
}
