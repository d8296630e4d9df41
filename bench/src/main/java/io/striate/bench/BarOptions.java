package io.striate.bench;

import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The command line of {@link Bar}.
 *
 * @param parts what to measure
 * @param processes processes per model and batch with several threads; one thread takes one
 * @param rounds turns of every engine in a process
 * @param seconds most seconds measured per engine in a process
 * @param warmup seconds of runs before every measurement
 * @param tailSeconds seconds measured per engine for the latency tails
 * @param budget begin no part that may end later than so many seconds after the start
 * @param keepOther whether figures of another commit are kept instead of measured again
 */
record BarOptions(
    Set<Part> parts,
    List<String> models,
    List<Engine> engines,
    List<Integer> batches,
    List<Integer> threads,
    int processes,
    int rounds,
    int seconds,
    int warmup,
    int tailSeconds,
    Optional<Integer> budget,
    boolean keepOther,
    Path output) {

  /** What can be measured. */
  enum Part {
    /** Answers of the scalar strategy, which all others are checked against. */
    ORACLE,
    /** Whole models, all engines in turns. */
    MODELS,
    /** Convolution layers beside oneDNN. */
    LAYERS,
    /** Latency tails and allocation. */
    TAILS,
    /** CPU time while nobody calls. */
    IDLE;

    static Part named(String name) {
      return Stream.of(values())
          .filter(p -> p.toString().equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "--parts: there is no part '"
                          + name
                          + "'; choose from "
                          + List.of(values())));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static final String USAGE =
      """
      Measures everything that Striate is judged by: the models of bench/bar.txt with all engines, each layer beside
      oneDNN, latency tails, idle CPU. Each model, batch, number of threads and repetition is a part that runs in a
      process of its own; the file of results is written after each, and a run that was cut off goes on where it stood.

        bar [OPTION...]

        --parts LIST     of models, layers, tails, idle (all of these), and oracle: computes the right answers of all
                         models ahead, which takes minutes and needs no quiet machine
        --models LIST    names of bench/bar.txt, or any zoo:NAME or ONNX file (all of bench/bar.txt)
        --engines LIST   as of compare (onnxruntime,cpu,cpu:strict,vector)
        --batch LIST     images per run (1,8)
        --threads LIST   numbers of threads (1,2)
        --processes N    repetitions in processes of their own with two threads or more; the best median counts (3)
        --rounds N       turns of every engine in a process (20)
        --seconds S      most seconds per engine in a process (5); slow engines take part in fewer rounds
        --warmup S       seconds before every measurement (2)
        --tail-seconds S per engine for the latency tails (20)
        --quick          1 process, 5 rounds, 1 second, warm-up 1 second, tails 2 seconds: a first look
        --budget S       begins no part that may end more than S seconds after the start; exit code 3: parts are left
        --keep           keeps figures of other commits in the file instead of measuring them again
        --output FILE    the results (bench/results/DATE-bar.json)

      Answers are checked in every process. Exit code 0: the file is complete; 1: a part failed; 2: wrong usage.
      """;

  static BarOptions parse(String... args) {
    Set<Part> parts = EnumSet.of(Part.MODELS, Part.LAYERS, Part.TAILS, Part.IDLE);
    List<String> models = BarGoals.all().stream().map(BarGoals::model).toList();
    List<Engine> engines = Engine.list("onnxruntime,cpu,cpu:strict,vector");
    List<Integer> batches = List.of(1, 8);
    List<Integer> threads = List.of(1, 2);
    int processes = 3;
    int rounds = 20;
    int seconds = 5;
    int warmup = 2;
    int tailSeconds = 20;
    Optional<Integer> budget = Optional.empty();
    boolean keep = false;
    Path output =
        Places.root()
            .resolve("bench/results")
            .resolve(LocalDate.now(ZoneOffset.UTC) + Results.BAR_ENDING);
    Arguments rest = new Arguments(args);
    while (rest.hasNext()) {
      String word = rest.next();
      switch (word) {
        case "--parts" -> parts = EnumSet.copyOf(rest.words().stream().map(Part::named).toList());
        case "--models" -> models = rest.words().stream().map(BarOptions::model).toList();
        case "--engines" -> engines = Engine.list(rest.next());
        case "--batch" -> batches = rest.numbers();
        case "--threads" -> threads = rest.numbers();
        case "--processes" -> processes = rest.atLeast(1);
        case "--rounds" -> rounds = rest.atLeast(1);
        case "--seconds" -> seconds = rest.atLeast(1);
        case "--warmup" -> warmup = rest.atLeast(0);
        case "--tail-seconds" -> tailSeconds = rest.atLeast(1);
        case "--quick" -> {
          processes = 1;
          rounds = 5;
          seconds = 1;
          warmup = 1;
          tailSeconds = 2;
        }
        case "--budget" -> budget = Optional.of(rest.atLeast(1));
        case "--keep" -> keep = true;
        case "--output" -> output = Path.of(rest.next());
        default -> throw new IllegalArgumentException("there is no option " + word);
      }
    }
    return new BarOptions(
        parts,
        models,
        engines,
        batches,
        threads,
        processes,
        rounds,
        seconds,
        warmup,
        tailSeconds,
        budget,
        keep,
        output);
  }

  /** A name of {@code bench/bar.txt} stands for that architecture of the zoo. */
  private static String model(String name) {
    return BarGoals.of("zoo:" + name).isPresent() ? "zoo:" + name : name;
  }
}
