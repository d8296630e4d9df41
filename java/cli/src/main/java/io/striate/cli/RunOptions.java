package io.striate.cli;

import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.op.Accuracy;
import java.util.ArrayList;
import java.util.List;
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

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  int threads() {
    return threads;
  }

  /** Options for one strategy. */
  Options options(String name) {
    try {
      return Options.defaults().strategy(name).threads(threads).accuracy(accuracy);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
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
