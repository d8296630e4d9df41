package io.striate.cli;

import io.striate.data.ClassLabels;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.image.Image;
import io.striate.image.Preprocessor;
import io.striate.nn.Model;
import io.striate.nn.Ranking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Names what is on pictures. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    description = {
      "Names what is on pictures, with the time of one inference.",
      "Without --strategy every strategy of this machine classifies every picture, and their costs are compared."
    })
final class ClassifyCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "JPEG, PNG, GIF or BMP files.")
  @SuppressWarnings("NullAway.Init")
  private List<Path> pictures;

  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final PreprocessingOptions preprocessing = new PreprocessingOptions();
  @Mixin private final Labels labels = new Labels();
  @Mixin private final Output output = new Output();

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "1",
      description = "Classes to list (${DEFAULT-VALUE}).")
  private int top;

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--top is " + top + "; it must be at least 1");
    }
    for (Path p : pictures) {
      if (!Files.isRegularFile(p)) {
        throw new CommandLine.ParameterException(spec.commandLine(), "there is no picture " + p);
      }
    }
    run.loadAhead();
    Model model = source.load();
    PreprocessingOptions.Chosen chosen = preprocessing.choose(model);
    output.note("Pre-processing: " + chosen.origin() + ".");
    int classes = Math.toIntExact(model.graph().outputs().get(0).shape().elements());
    Optional<ClassLabels> names = labels.find(classes, pictures);
    List<String> strategies = run.named();
    Map<String, Double> costs = new LinkedHashMap<>();
    Map<Path, Integer> answers = new LinkedHashMap<>();
    List<Image> images = new ArrayList<>();
    for (Path p : pictures) {
      images.add(Image.read(p));
    }
    boolean agree = true;
    for (String strategy : strategies) {
      try (CompiledModel compiled = model.compile(run.options(strategy).batch(1));
          Execution execution = compiled.newExecution()) {
        Preprocessor preprocessor = chosen.preprocessing().newPreprocessor();
        List<Double> millis = new ArrayList<>();
        execution.run(); // the first run pays for loading and compiling code
        for (int i = 0; i < pictures.size(); i++) {
          preprocessor.apply(images.get(i), execution.input(), 0);
          long before = System.nanoTime();
          execution.run();
          millis.add((System.nanoTime() - before) / 1e6);
          int best =
              report(
                  pictures.get(i),
                  strategy,
                  execution,
                  names,
                  millis.get(i),
                  strategies.size() > 1);
          agree &= answers.computeIfAbsent(pictures.get(i), p -> best) == best;
        }
        millis.sort(null);
        costs.put(strategy, millis.get(millis.size() / 2));
      }
    }
    if (strategies.size() > 1 && !output.json()) {
      output.line("");
      output.line(
          "%-8s  median ms per picture, %d thread%s",
          "strategy", run.threads(), run.threads() == 1 ? "" : "s");
      costs.forEach((s, ms) -> output.line("%-8s  %.3f", s, ms));
      output.line(
          agree ? "All strategies agree on every picture." : "The strategies do NOT agree.");
    }
    return agree ? 0 : 1;
  }

  /** Prints one answer and returns the best class. */
  private int report(
      Path picture,
      String strategy,
      Execution execution,
      Optional<ClassLabels> names,
      double millis,
      boolean several) {
    List<Ranking.Ranked> ranked = Ranking.probabilities(execution.output(), 0, top);
    int best = ranked.get(0).index();
    if (output.json()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("image", picture.toString());
      row.put("strategy", strategy);
      row.put("ms", millis);
      List<Map<String, Object>> list = new ArrayList<>();
      for (Ranking.Ranked r : ranked) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("class", r.index());
        names.ifPresent(n -> entry.put("name", n.name(r.index())));
        entry.put("probability", r.score());
        list.add(entry);
      }
      row.put("top", list);
      output.object(row);
      return best;
    }
    for (int i = 0; i < ranked.size(); i++) {
      Ranking.Ranked r = ranked.get(i);
      String name = names.map(n -> n.name(r.index())).orElse("");
      output.line(
          "%-32s %s %6.2f %%  %4d  %-40s%s",
          i == 0 ? picture.getFileName() : "",
          several ? String.format(Locale.ROOT, "%-8s", i == 0 ? strategy : "") : "",
          100 * r.score(),
          r.index(),
          name,
          i == 0 ? String.format(Locale.ROOT, " %.2f ms", millis) : "");
    }
    return best;
  }
}
