package io.striate.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Stands in the list of commands for what the launcher does itself. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    description =
        "Runs every test and check; a command of the ./striate launcher in a source checkout.")
final class TestCommand implements Callable<Integer> {
  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Tests need the source checkout: run ./striate test in its folder.");
  }
}
