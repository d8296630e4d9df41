package io.striate.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The command line of {@link Compare}.
 *
 * @param rounds turns of every engine per model and number of threads
 * @param seconds most seconds measured per engine, model and number of threads; slow engines take
 *     part in fewer rounds
 * @param warmup seconds of runs before every measurement
 */
record CompareOptions(
    List<String> models,
    List<Engine> engines,
    List<Integer> threads,
    int batch,
    int rounds,
    double seconds,
    double warmup,
    boolean layers,
    Optional<Path> output) {

  static final String USAGE =
      """
      Compares whole models with ONNX Runtime, all engines in turns, and measures the share of the FMA peak that
      the cpu and vector engines reach on convolution layers of ResNet-50 with one thread.

        compare [OPTION...] [MODEL...]

      MODEL is an ONNX file or zoo:NAME; without any: squeezenet1.1.onnx of the data folder (STRIATE_DATA,
      default ../shared) and zoo:resnet50. With --models none only the layers are measured.

        --engines LIST   of onnxruntime, scalar, vector, cpu, onednn, auto (onnxruntime,cpu,vector,onednn,scalar)
        --threads LIST   numbers of threads (1,2)
        --batch N        images per run (1)
        --rounds N       turns of every engine (30)
        --seconds S      most seconds per engine, model and number of threads (20); slow engines get fewer turns
        --warmup S       seconds before every measurement (3)
        --no-layers      leaves the layers out
        --output FILE    the results (bench/results/DATE-cpu.json)
      """;

  static CompareOptions parse(String... args) {
    List<String> models = new ArrayList<>();
    List<Engine> engines = engines("onnxruntime,cpu,vector,onednn,scalar");
    List<Integer> threads = numbers("1,2", "--threads");
    int batch = 1;
    int rounds = 30;
    double seconds = 20;
    double warmup = 3;
    boolean layers = true;
    boolean none = false;
    Optional<Path> output = Optional.empty();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--engines" -> engines = engines(value(args, ++i));
        case "--threads" -> threads = numbers(value(args, ++i), "--threads");
        case "--batch" -> batch = number(value(args, ++i), "--batch");
        case "--rounds" -> rounds = number(value(args, ++i), "--rounds");
        case "--seconds" -> seconds = number(value(args, ++i), "--seconds");
        case "--warmup" -> warmup = atLeast(0, value(args, ++i), "--warmup");
        case "--output" -> output = Optional.of(Path.of(value(args, ++i)));
        case "--no-layers" -> layers = false;
        case "--models" -> {
          if (!value(args, ++i).equals("none")) {
            throw new IllegalArgumentException(
                "--models takes only none; models are written without an option");
          }
          none = true;
        }
        default -> {
          if (args[i].startsWith("-")) {
            throw new IllegalArgumentException("there is no option " + args[i]);
          }
          models.add(args[i]);
        }
      }
    }
    if (none && !models.isEmpty()) {
      throw new IllegalArgumentException("--models none contradicts the models " + models);
    }
    if (models.isEmpty() && !none) {
      models.add(Places.data().resolve("models/squeezenet1.1.onnx").toString());
      models.add("zoo:resnet50");
    }
    if (models.isEmpty() && !layers) {
      throw new IllegalArgumentException("--models none and --no-layers leave nothing to measure");
    }
    return new CompareOptions(
        models, engines, threads, batch, rounds, seconds, warmup, layers, output);
  }

  private static String value(String[] args, int i) {
    if (i >= args.length) {
      throw new IllegalArgumentException("a value is missing after " + args[i - 1]);
    }
    return args[i];
  }

  private static List<Engine> engines(String list) {
    List<Engine> engines = new ArrayList<>();
    for (String name : list.split(",", -1)) {
      engines.add(new Engine(name));
    }
    return engines;
  }

  private static List<Integer> numbers(String list, String option) {
    List<Integer> numbers = new ArrayList<>();
    for (String n : list.split(",", -1)) {
      numbers.add(number(n, option));
    }
    return numbers;
  }

  private static int number(String text, String option) {
    return atLeast(1, text, option);
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
}
