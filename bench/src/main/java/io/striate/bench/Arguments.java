package io.striate.bench;

import java.util.List;
import java.util.stream.Stream;

/** A command line: options with their values, read from left to right. */
final class Arguments {
  private final String[] args;
  private int next;

  Arguments(String... args) {
    this.args = args.clone();
  }

  boolean hasNext() {
    return next < args.length;
  }

  /** The next word. */
  String next() {
    if (next >= args.length) {
      throw new IllegalArgumentException("a value is missing after " + args[next - 1]);
    }
    return args[next++];
  }

  /** The value of the option read last: whole numbers of at least 1, with commas between them. */
  List<Integer> numbers() {
    String option = args[next - 1];
    return Stream.of(next().split(",", -1)).map(n -> atLeast(1, n, option)).toList();
  }

  /** The value of the option read last: words with commas between them. */
  List<String> words() {
    return List.of(next().split(",", -1));
  }

  /** The value of the option read last: a whole number of at least {@code least}. */
  int atLeast(int least) {
    String option = args[next - 1];
    return atLeast(least, next(), option);
  }

  private static int atLeast(int least, String text, String option) {
    try {
      int n = Integer.parseInt(text);
      if (n >= least) {
        return n;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(option + ": '" + text + "' is no whole number", e);
    }
    throw new IllegalArgumentException(option + ": " + text + " must be at least " + least);
  }

  /** Whether the user asks for help. */
  static boolean wantsHelp(String... args) {
    return List.of(args).contains("--help") || List.of(args).contains("-h");
  }
}
