package io.striate.cli;

import io.striate.nn.Summary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Layers, shapes, parameters, memory, multiply-adds and receptive fields of a model. */
@Command(
    name = "summary",
    mixinStandardHelpOptions = true,
    description =
        "Prints layers, output shapes, parameters, memory (in values), multiply-adds and receptive"
            + " fields of a model.")
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
        row.put("states", r.states());
        row.put("memory", r.memory());
        row.put("macs", r.macs());
        row.put("receptiveField", r.receptiveField());
        row.put("stride", r.stride());
        output.object(row);
      }
      Map<String, Object> total = new LinkedHashMap<>();
      total.put("model", summary.title());
      total.put("parameters", summary.parameters());
      total.put("states", summary.states());
      total.put("memory", summary.memory());
      total.put("trainingMemory", summary.trainingMemory());
      total.put("macs", summary.macs());
      total.put("trainingMacs", summary.trainingMacs());
      output.object(total);
    } else {
      output.line("%s", summary.toString().stripTrailing());
    }
    return 0;
  }
}
