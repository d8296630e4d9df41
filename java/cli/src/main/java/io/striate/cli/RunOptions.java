package io.striate.cli;

import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.op.Accuracy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that say how a model is compiled. */
final class RunOptions {
  private static final String ALL = "all";

  /** Completion candidates of --strategy. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Names() {
      super(Strategies.all().stream().map(Strategies.Strategy::name).toList());
    }
  }

  @Option(
      names = {"-s", "--strategy"},
      paramLabel = "S",
      completionCandidates = Names.class,
      description = "One of ${COMPLETION-CANDIDATES}, or all; see striate strategies.")
  private String strategy = "";

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Threads per run (all available processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--accuracy",
      paramLabel = "MODE",
      defaultValue = "DEFAULT",
      description = "One of ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private Accuracy accuracy;

  @Option(
      names = "--tuned",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = "",
      description = "Choose kernels by the times that striate tune kept (in its default file).")
  private Optional<String> tuned = Optional.empty();

  @Option(
      names = "--weight-cache",
      paramLabel = "FOLDER",
      description = "Keep packed weights there, and read them instead of packing.")
  private Optional<Path> weightCache = Optional.empty();

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  /**
   * Begins to look for the first kernels of the strategy on a thread of its own, so that loading a
   * library and reading a model overlap. What is wrong comes to light where the kernels are used.
   */
  void loadAhead() {
    String name = strategy.isEmpty() || strategy.equals(ALL) ? "auto" : checked(strategy);
    Thread.ofPlatform()
        .daemon()
        .name("striate-load")
        .start(() -> Strategies.named(name).first().unavailable());
  }

  int threads() {
    return threads;
  }

  /** Options for one strategy. */
  Options options(String name) {
    try {
      Options options = Options.defaults().strategy(name).threads(threads).accuracy(accuracy);
      options = weightCache.map(options::weightCache).orElse(options);
      return tuned.isEmpty()
          ? options
          : options.tuneCache(tuned.get().isEmpty() ? defaultCache() : Path.of(tuned.get()));
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Where times are kept if the user does not say: the user's cache folder. */
  static Path defaultCache() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path folder =
        xdg != null && Path.of(xdg).isAbsolute()
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home"), ".cache");
    return folder.resolve("striate").resolve("tuning.txt");
  }

  /** The strategy that was named, or auto. */
  String one() {
    return checked(strategy.isEmpty() ? "auto" : strategy);
  }

  /** Whether a strategy, or all, was named. */
  boolean isNamed() {
    return !strategy.isEmpty();
  }

  /** The strategy that was named, or every one that this machine can run. */
  List<String> named() {
    if (!strategy.isEmpty() && !strategy.equals(ALL)) {
      return List.of(checked(strategy));
    }
    return Strategies.all().stream()
        .filter(s -> s.unavailable().isEmpty() && !s.name().equals("auto"))
        .map(Strategies.Strategy::name)
        .toList();
  }

  private String checked(String name) {
    try {
      return Strategies.named(name).name();
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
