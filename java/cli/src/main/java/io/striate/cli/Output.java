package io.striate.cli;

import io.striate.io.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Where results go: text for people, or with --json one object per line. */
final class Output {
  @Option(names = "--json", description = "One JSON object per line instead of text.")
  private boolean json;

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  boolean json() {
    return json;
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Prints one JSON object; values are strings, numbers, booleans, lists and maps. */
  void object(Map<String, ?> members) {
    out().println(render(members));
    out().flush();
  }

  /** Prints a line for people, unless JSON is wanted; without values the text is taken as it is. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a run-time dependency
  void line(String format, Object... values) {
    if (!json) {
      out()
          .println(
              values.length == 0 ? format : String.format(java.util.Locale.ROOT, format, values));
      out().flush();
    }
  }

  /** Prints progress or a warning on standard error. */
  void note(String message) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(message);
    err.flush();
  }

  private static String render(Object value) {
    return switch (value) {
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> Json.quote(String.valueOf(e.getKey())) + ":" + render(e.getValue()))
              .collect(Collectors.joining(",", "{", "}"));
      case List<?> list ->
          list.stream().map(Output::render).collect(Collectors.joining(",", "[", "]"));
      case Double d when !Double.isFinite(d) -> "null";
      case Float f when !Float.isFinite(f) -> "null";
      case Number n -> n.toString();
      case Boolean b -> b.toString();
      default -> Json.quote(value.toString());
    };
  }
}
