package io.striate.cli;

import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The {@code striate} command. Exit codes: 0 done, 1 the work failed, 2 wrong usage. Results go to
 * standard output, progress and warnings to standard error.
 */
@Command(
    name = "striate",
    mixinStandardHelpOptions = true,
    version = "striate 0.1.0",
    description = "Convolutional networks for the JVM at the speed of the hardware.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      ClassifyCommand.class,
      EvaluateCommand.class,
      RunCommand.class,
      SummaryCommand.class,
      ExplainCommand.class,
      TuneCommand.class,
      BenchCommand.class,
      ZooCommand.class,
      StrategiesCommand.class,
      TestCommand.class,
      RehearseCommand.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "MODEL is an ONNX file, or zoo:NAME for a bundled architecture (striate zoo",
      "lists them) with seeded weights, or with those of --weights.",
      "Exit codes: 0 done, 1 the work failed, 2 wrong usage."
    })
final class Main implements Runnable {
  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    line.setExecutionExceptionHandler(Main::report);
    return line;
  }

  private static int report(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    PrintWriter err = line.getErr();
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    err.println(
        "striate: " + (e instanceof NoSuchFileException ? "there is no file " + message : message));
    if (System.getenv("STRIATE_TRACE") != null) {
      e.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Name a command, for example: striate demo");
  }
}
