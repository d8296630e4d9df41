package io.striate.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A command line with one model: {@code --engines}, {@code --threads}, {@code --output}, and what
 * the command adds.
 *
 * @param model zoo:NAME or an ONNX file
 * @param output where the results go as JSON, if anywhere
 */
record OneModel(String model, List<Engine> engines, int threads, Optional<Path> output) {
  /**
   * Reads a command line.
   *
   * @param engines where the line names none
   * @param threads where the line names none
   * @param more what to do at other options; each reads its value
   * @throws IllegalArgumentException if it names no model or several, or an option is unknown
   */
  static OneModel parse(
      String[] args, String engines, int threads, Map<String, Consumer<Arguments>> more) {
    List<String> models = new ArrayList<>();
    Optional<Path> output = Optional.empty();
    Arguments rest = new Arguments(args);
    while (rest.hasNext()) {
      String word = rest.next();
      switch (word) {
        case "--engines" -> engines = rest.next();
        case "--threads" -> threads = rest.atLeast(1);
        case "--output" -> output = Optional.of(Path.of(rest.next()));
        default -> {
          if (more.containsKey(word)) {
            more.get(word).accept(rest);
          } else if (word.startsWith("-")) {
            throw new IllegalArgumentException("there is no option " + word);
          } else {
            models.add(word);
          }
        }
      }
    }
    if (models.size() != 1) {
      throw new IllegalArgumentException("one model is expected instead of " + models);
    }
    return new OneModel(models.get(0), Engine.list(engines), threads, output);
  }
}
