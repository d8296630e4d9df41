package io.striate.cli;

import io.striate.data.ClassLabels;
import io.striate.data.Dataset;
import io.striate.data.Datasets;
import io.striate.data.Split;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.image.Preprocessor;
import io.striate.nn.Model;
import io.striate.nn.Ranking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Counts right answers on a labelled data set. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description =
        "Counts right answers on a labelled data set: a folder of IDX files (MNIST), of CIFAR-10"
            + " strips, or of one folder of pictures per class.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();

  @Option(names = "--data", paramLabel = "DIR", required = true, description = "The data set.")
  @SuppressWarnings("NullAway.Init")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "WHICH",
      defaultValue = "TEST",
      description = "One of ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private Split split;

  @Option(names = "--limit", paramLabel = "N", description = "Only the first N pictures.")
  private Optional<Integer> limit = Optional.empty();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Pictures per run (16, or 1 if the model fixes it).")
  private Optional<Integer> batch = Optional.empty();

  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final PreprocessingOptions preprocessing = new PreprocessingOptions();
  @Mixin private final Labels labels = new Labels();
  @Mixin private final Output output = new Output();

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (!Files.isDirectory(data)) {
      throw new CommandLine.ParameterException(spec.commandLine(), "there is no folder " + data);
    }
    if (limit.orElse(1) < 1 || batch.orElse(1) < 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          (limit.orElse(1) < 1 ? "--limit is " + limit.get() : "--batch is " + batch.get())
              + "; it must be at least 1");
    }
    Model model = source.load();
    PreprocessingOptions.Chosen chosen = preprocessing.choose(model);
    output.note("Pre-processing: " + chosen.origin() + ".");
    int classes = Math.toIntExact(model.graph().outputs().get(0).shape().elements());
    Optional<ClassLabels> names = labels.find(classes, List.of(data.resolve("any")));
    Dataset all = Datasets.open(data, split, names);
    Dataset set = limit.isPresent() ? all.limit(limit.get()) : all;
    int size = Math.min(set.size(), batch.orElse(model.graph().isDynamicBatch() ? 16 : 1));
    List<String> strategies = run.isNamed() ? run.named() : List.of(run.one());
    for (String strategy : strategies) {
      evaluate(model, chosen, set, size, strategy);
    }
    return 0;
  }

  private void evaluate(
      Model model, PreprocessingOptions.Chosen chosen, Dataset set, int size, String strategy) {
    Preprocessor preprocessor = chosen.preprocessing().newPreprocessor();
    int[] wanted = new int[size];
    int right = 0;
    int labelled = 0;
    long computing = 0;
    long shown = System.nanoTime();
    try (CompiledModel compiled = model.compile(run.options(strategy).batch(size));
        Execution execution = compiled.newExecution()) {
      for (int first = 0; first < set.size(); first += size) {
        // The last batch may be short; what is left in its other places is computed and ignored.
        int count = Math.min(size, set.size() - first);
        set.batch(first, count, preprocessor, execution.input(), wanted);
        long before = System.nanoTime();
        execution.run();
        computing += System.nanoTime() - before;
        for (int i = 0; i < count; i++) {
          if (wanted[i] != Dataset.UNLABELLED) {
            labelled++;
            right += Ranking.top(execution.output(), i) == wanted[i] ? 1 : 0;
          }
        }
        if (System.nanoTime() - shown > 2_000_000_000L) {
          shown = System.nanoTime();
          output.note(
              strategy
                  + ": "
                  + (first + count)
                  + " of "
                  + set.size()
                  + ", "
                  + right
                  + " right so far");
        }
      }
    }
    if (labelled == 0) {
      throw new IllegalArgumentException(
          set.name()
              + " has no labelled picture; --labels may be needed to tell the classes of its folders");
    }
    if (output.json()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("model", source.name());
      row.put("strategy", strategy);
      row.put("right", right);
      row.put("total", labelled);
      row.put("accuracy", right / (double) labelled);
      row.put("msPerImage", computing / 1e6 / set.size());
      output.object(row);
    } else {
      output.line(
          "%-8s  %d of %d right (%.2f %%), %.3f ms per picture",
          strategy, right, labelled, 100.0 * right / labelled, computing / 1e6 / set.size());
    }
  }
}
