package io.striate.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs JMH's GC profiler over whole models and fails unless every strategy allocates nothing per
 * inference in the steady state, the iteration that allocates least.
 *
 * <p>JMH itself allocates some kilobytes per iteration, which it spreads over the operations. So a
 * measurement of {@value #NOISE_BYTES} byte or more is repeated with longer iterations: the noise
 * shrinks with their length, what an inference allocates does not.
 */
public final class AllocationCheck {
  static final double NOISE_BYTES = 1;

  private static final int ATTEMPTS = 3;
  private static final int LENGTHENING = 4;
  private static final int ITERATIONS = 3;

  private static final String USAGE =
      """
      Measures the Java bytes that an inference allocates in every strategy, on one thread and two, with JMH's GC
      profiler, and fails unless there are none.

        allocation [MODEL...]

      MODEL is an ONNX file or zoo:NAME; without any zoo:lenet5.
      """;

  private final int forks;
  private final TimeValue iteration;

  AllocationCheck(int forks, TimeValue iteration) {
    this.forks = forks;
    this.iteration = iteration;
  }

  /** Arguments are models; without any zoo:lenet5. Exit code 1: something allocates. */
  public static void main(String[] args) throws RunnerException {
    if (List.of(args).contains("--help") || List.of(args).contains("-h")) {
      System.out.print(USAGE);
      return;
    }
    List<String> models = args.length == 0 ? List.of("zoo:lenet5") : List.of(args);
    try {
      models.forEach(m -> Subject.of(m, 1));
    } catch (IllegalArgumentException e) {
      System.err.println("allocation: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
    }
    Map<String, Double> bytes =
        new AllocationCheck(1, TimeValue.seconds(2))
            .bytesPerRun(models, availableStrategies(), List.of(1, 2));
    bytes.forEach((what, b) -> System.out.printf(Locale.ROOT, "%-40s %10.4f B/op%n", what, b));
    List<String> allocating =
        bytes.entrySet().stream()
            .filter(e -> !(e.getValue() < NOISE_BYTES))
            .map(Map.Entry::getKey)
            .toList();
    if (!allocating.isEmpty()) {
      System.err.println("allocation: these allocate per run: " + allocating);
      System.exit(1);
    }
  }

  static List<String> availableStrategies() {
    return Engine.names().stream()
        .filter(n -> !new Engine(n).isPeer() && new Engine(n).unavailable().isEmpty())
        .toList();
  }

  /** {@code gc.alloc.rate.norm} by {@code model, engine, threads}. */
  Map<String, Double> bytesPerRun(List<String> models, List<String> engines, List<Integer> threads)
      throws RunnerException {
    Map<String, Double> bytes = new TreeMap<>();
    for (String model : models) {
      for (String engine : engines) {
        for (int count : threads) {
          TimeValue time = iteration;
          double least = measure(model, engine, count, time);
          for (int i = 1; i < ATTEMPTS && least >= NOISE_BYTES; i++) {
            time = new TimeValue(time.getTime() * LENGTHENING, time.getTimeUnit());
            least = measure(model, engine, count, time);
          }
          bytes.put(model + ", " + engine + ", threads " + count, least);
        }
      }
    }
    return bytes;
  }

  private double measure(String model, String engine, int threads, TimeValue time)
      throws RunnerException {
    Options options =
        new OptionsBuilder()
            .include(ModelBenchmark.class.getName().replace(".", "\\.") + "\\.inference")
            .param("model", model)
            .param("engine", engine)
            .param("threads", Integer.toString(threads))
            .param("batch", "1")
            .forks(forks)
            .warmupIterations(1)
            .warmupTime(time)
            .measurementIterations(ITERATIONS)
            .measurementTime(time)
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();
    double least = Double.POSITIVE_INFINITY;
    for (RunResult run : new Runner(options).run()) {
      for (BenchmarkResult fork : run.getBenchmarkResults()) {
        for (IterationResult measured : fork.getIterationResults()) {
          least = Math.min(least, norm(measured));
        }
      }
    }
    return least;
  }

  @SuppressWarnings("rawtypes") // JMH's own signature
  private static double norm(IterationResult iteration) {
    for (Map.Entry<String, Result> e : iteration.getSecondaryResults().entrySet()) {
      if (e.getKey().endsWith("gc.alloc.rate.norm")) {
        return e.getValue().getScore();
      }
    }
    throw new IllegalStateException(
        "the GC profiler measured nothing, only " + iteration.getSecondaryResults().keySet());
  }
}
