package io.striate.cli;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.nn.Initialization;
import io.striate.nn.Summary;
import io.striate.zoo.Architecture;
import io.striate.zoo.Zoo;
import io.striate.zoo.ZooOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The bundled architectures: a table, a chart, and on request what they cost on this machine. */
@Command(
    name = "zoo",
    mixinStandardHelpOptions = true,
    description =
        "Lists the bundled architectures with parameters, multiply-adds, memory and source.")
final class ZooCommand implements Callable<Integer> {
  private static final double MILLION = 1e6;
  private static final double MIB = 1 << 20;

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "Architectures (all).")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--plot",
      paramLabel = "FILE.svg",
      description =
          "Draw operations against parameters, circle areas showing memory; with --latency,"
              + " operations against latency. Without names, only the networks for ImageNet.")
  private @Nullable Path plot;

  @Option(
      names = "--latency",
      description = "Measure each on this machine, batch 1, with seeded weights.")
  private boolean latency;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "0.5",
      description = "Seconds of warm-up, and of measurement, per network (${DEFAULT-VALUE}).")
  private double seconds;

  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final Output output = new Output();

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  /** What is known of an architecture. */
  private record Entry(Architecture architecture, Summary summary, OptionalDouble millis) {}

  @Override
  public Integer call() throws IOException {
    if (!(seconds > 0)) {
      throw usage("--seconds must be positive, not " + seconds);
    }
    Optional<Path> picture = Optional.ofNullable(plot);
    if (picture.isPresent() && !picture.get().toString().endsWith(".svg")) {
      throw usage("--plot " + picture.get() + ": the picture is SVG; end the name in .svg");
    }
    if (picture.isPresent() && !Files.isDirectory(folder(picture.get()))) {
      throw usage("--plot " + picture.get() + ": there is no folder " + folder(picture.get()));
    }
    run.options(run.one());
    List<Architecture> wanted =
        names.isEmpty() ? Zoo.all() : names.stream().map(this::find).toList();
    int widest = wanted.stream().mapToInt(a -> a.name().length()).max().orElse(0);
    String head = "%-" + widest + "s  %13s  %10s  %10s  ";
    output.line(
        head + "%s%s",
        "network",
        "parameters",
        "MMAC",
        "memory MiB",
        latency ? "median ms  " : "",
        "source");
    List<Entry> entries = new ArrayList<>();
    for (Architecture a : wanted) {
      Entry e = new Entry(a, a.build().summary(), latency ? measure(a) : OptionalDouble.empty());
      entries.add(e);
      print(e, widest);
    }
    if (picture.isPresent()) {
      List<Entry> drawn = entries.stream().filter(this::isDrawn).toList();
      Files.writeString(picture.get(), chart(drawn));
      output.note("wrote " + picture.get());
    }
    return 0;
  }

  private static Path folder(Path file) {
    return Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
  }

  private Architecture find(String name) {
    try {
      return Zoo.of(name);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private CommandLine.ParameterException usage(@Nullable String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private OptionalDouble measure(Architecture a) {
    ZooOptions options = ZooOptions.defaults().withInitialization(Initialization.perturbed());
    try (CompiledModel compiled = a.build(options).compile(run.options(run.one()));
        Execution execution = compiled.newExecution()) {
      return OptionalDouble.of(Timing.of(execution, seconds, seconds, 3).median());
    }
  }

  private void print(Entry e, int widest) {
    Architecture a = e.architecture();
    Summary s = e.summary();
    if (output.json()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", a.name());
      row.put("title", a.title());
      row.put("family", a.family());
      row.put("input", a.input().stream().map(String::valueOf).collect(Collectors.joining("x")));
      row.put("parameters", s.parameters());
      row.put("macs", s.macs());
      row.put("memoryBytes", s.memory() * Float.BYTES);
      e.millis().ifPresent(ms -> row.put("medianMs", ms));
      row.put("source", a.paper().toString());
      output.object(row);
      return;
    }
    output.line(
        "%-" + widest + "s  %,13d  %,10.2f  %,10.2f  %s%s, %s, %d",
        a.name(),
        s.parameters(),
        s.macs() / MILLION,
        s.memory() * Float.BYTES / MIB,
        e.millis().isPresent()
            ? String.format(java.util.Locale.ROOT, "%9.3f  ", e.millis().getAsDouble())
            : "",
        a.paper().authors(),
        a.paper().venue(),
        a.paper().year());
  }

  /** Ten orders of magnitude on one chart would show nothing. */
  private boolean isDrawn(Entry e) {
    Architecture a = e.architecture();
    return !names.isEmpty() || (a.classes() == 1000 && a.input().getLast() > 200);
  }

  private String chart(List<Entry> entries) {
    List<BubbleChart.Bubble> bubbles = new ArrayList<>();
    for (Entry e : entries) {
      Summary s = e.summary();
      double x = e.millis().orElse(s.parameters() / MILLION);
      bubbles.add(
          new BubbleChart.Bubble(
              e.architecture().name(),
              e.architecture().family(),
              x,
              s.macs() / MILLION,
              s.memory() * Float.BYTES / MIB));
    }
    return BubbleChart.svg(
        latency ? "Operations against latency on this machine" : "Operations against parameters",
        latency
            ? "median latency [ms], batch 1, strategy " + run.one() + ", threads " + run.threads()
            : "parameters [millions]",
        "multiply-adds of a forward pass [millions]",
        "Circle area: values of a forward pass in memory, the largest %s MiB",
        bubbles);
  }
}
