package io.striate.cli;

import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
    footer = {
      "",
      "MODEL is an ONNX file, or zoo:NAME for a bundled architecture (striate zoo",
      "lists them) with seeded weights, or with those of --weights.",
      "Exit codes: 0 done, 1 the work failed, 2 wrong usage."
    })
final class Main implements Runnable {
  /** Subcommands by name, in the order of the help. */
  private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("demo", DemoCommand.class);
    COMMANDS.put("classify", ClassifyCommand.class);
    COMMANDS.put("evaluate", EvaluateCommand.class);
    COMMANDS.put("run", RunCommand.class);
    COMMANDS.put("summary", SummaryCommand.class);
    COMMANDS.put("explain", ExplainCommand.class);
    COMMANDS.put("tune", TuneCommand.class);
    COMMANDS.put("bench", BenchCommand.class);
    COMMANDS.put("zoo", ZooCommand.class);
    COMMANDS.put("strategies", StrategiesCommand.class);
    COMMANDS.put("test", TestCommand.class);
    COMMANDS.put("rehearse", RehearseCommand.class);
    COMMANDS.put("help", CommandLine.HelpCommand.class);
  }

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine(args).execute(args));
  }

  /** The command with all its subcommands. */
  static CommandLine commandLine() {
    return commandLine(COMMANDS.keySet());
  }

  /**
   * The command for these arguments: where they begin with a subcommand's name, it has no other,
   * since reading the options of all takes 100 ms of a start.
   */
  static CommandLine commandLine(String[] args) {
    boolean named = args.length > 0 && COMMANDS.containsKey(args[0]) && !args[0].equals("help");
    return named ? commandLine(Set.of(args[0])) : commandLine();
  }

  private static CommandLine commandLine(Set<String> names) {
    CommandLine line = new CommandLine(new Main());
    COMMANDS.forEach(
        (name, command) -> {
          if (names.contains(name)) {
            line.addSubcommand(name, command);
          }
        });
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
