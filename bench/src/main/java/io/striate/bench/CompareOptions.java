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
 * @param layers single layers to measure on one thread
 */
record CompareOptions(
    List<String> models,
    List<Engine> engines,
    List<Integer> threads,
    int batch,
    int rounds,
    double seconds,
    double warmup,
    List<LayerShape> layers,
    Optional<Path> output) {

  static final String USAGE =
      """
      Compares whole models with ONNX Runtime, all engines in turns, and measures the share of the FMA peak that
      the cpu and vector engines reach on convolution layers of ResNet-50 with one thread.

        compare [OPTION...] [MODEL...]

      MODEL is an ONNX file or zoo:NAME; without any: squeezenet1.1.onnx of the data folder (STRIATE_DATA,
      default ../shared) and zoo:resnet50. With --models none only the layers are measured.

        --engines LIST   of onnxruntime, pytorch, scalar, vector, cpu, onednn, auto
                         (onnxruntime,cpu,vector,onednn,scalar); a strategy also with an accuracy mode: cpu:strict, vector:fast
        --threads LIST   numbers of threads (1,2)
        --batch N        images per run (1)
        --rounds N       turns of every engine (30)
        --seconds S      most seconds per engine, model and number of threads (20); slow engines get fewer turns
        --warmup S       seconds before every measurement (3)
        --layers LIST    all convolution layers of these files of bench/shapes, with all engines given that compute
                         single layers, instead of the layers of ResNet-50 with cpu and vector
        --no-layers      leaves the layers out
        --output FILE    the results (bench/results/DATE-cpu.json)
      """;

  static CompareOptions parse(String... args) {
    List<String> models = new ArrayList<>();
    List<Engine> engines = Engine.list("onnxruntime,cpu,vector,onednn,scalar");
    List<Integer> threads = List.of(1, 2);
    int batch = 1;
    int rounds = 30;
    double seconds = 20;
    double warmup = 3;
    List<LayerShape> layers = LayerComparison.deciding();
    boolean none = false;
    Optional<Path> output = Optional.empty();
    Arguments rest = new Arguments(args);
    while (rest.hasNext()) {
      String word = rest.next();
      switch (word) {
        case "--engines" -> engines = Engine.list(rest.next());
        case "--threads" -> threads = rest.numbers();
        case "--batch" -> batch = rest.atLeast(1);
        case "--rounds" -> rounds = rest.atLeast(1);
        case "--seconds" -> seconds = rest.atLeast(1);
        case "--warmup" -> warmup = rest.atLeast(0);
        case "--output" -> output = Optional.of(Path.of(rest.next()));
        case "--no-layers" -> layers = List.of();
        case "--layers" -> layers = LayerComparison.convolutions(rest.words());
        case "--models" -> {
          if (!rest.next().equals("none")) {
            throw new IllegalArgumentException(
                "--models takes only none; models are written without an option");
          }
          none = true;
        }
        default -> {
          if (word.startsWith("-")) {
            throw new IllegalArgumentException("there is no option " + word);
          }
          models.add(word);
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
    if (models.isEmpty() && layers.isEmpty()) {
      throw new IllegalArgumentException("--models none and --no-layers leave nothing to measure");
    }
    return new CompareOptions(
        models, engines, threads, batch, rounds, seconds, warmup, layers, output);
  }
}
