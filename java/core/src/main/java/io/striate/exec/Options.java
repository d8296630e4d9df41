package io.striate.exec;

import io.striate.op.Accuracy;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * How a graph is compiled.
 *
 * @param strategy name of a {@link Strategies strategy}: scalar, vector, cpu, onednn or auto
 * @param batch images per run, or 0 for the batch that the graph was built with
 * @param threads threads per run, the caller's among them; 1 means no pool
 * @param accuracy which algorithms may be used
 * @param dataFormat layout of inputs and outputs of rank 3 and above
 * @param optimize whether folding and fusion passes run; off for layer-by-layer comparison
 * @param kernels kernel id to use, by node name; a node or id that does not exist is an error
 * @param executor whose threads help the caller's, or empty for threads of the model's own; see
 *     {@link #executor(Executor)}
 * @param tuneCache file with measured times of kernels, which decide where they are known; see
 *     {@link CompiledModel#tune}
 * @param weightCache folder that keeps packed weights, so that the next process need not pack them
 */
public record Options(
    String strategy,
    int batch,
    int threads,
    Accuracy accuracy,
    DataFormat dataFormat,
    boolean optimize,
    Map<String, String> kernels,
    Optional<Executor> executor,
    Optional<Path> tuneCache,
    Optional<Path> weightCache) {

  /** Checks the numbers. */
  public Options {
    Objects.requireNonNull(strategy, "strategy");
    kernels = Map.copyOf(kernels);
    if (batch < 0 || batch > 1 << 20) {
      throw new IllegalArgumentException(
          "batch is " + batch + "; it must lie in 1 … 2^20, or be 0 for the model's own");
    }
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException("threads is " + threads + "; it must lie in 1 … 1024");
    }
  }

  /**
   * Strategy auto, the graph's batch, one thread per available processor, default accuracy, NCHW,
   * threads of the model's own.
   *
   * <p>The available processors are those that the JVM sees: the CPUs of its affinity mask, and no
   * more than the CPU quota of its container rounded up. {@code -XX:ActiveProcessorCount=N}
   * overrides both. Under a quota of, say, 1.5 CPUs two busy threads are stopped for a quarter of
   * the time; where the worst case counts more than the mean, ask for {@code threads(1)} there.
   */
  public static Options defaults() {
    return new Options(
        "auto",
        0,
        Runtime.getRuntime().availableProcessors(),
        Accuracy.DEFAULT,
        DataFormat.NCHW,
        true,
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** These options with another strategy. */
  public Options strategy(String name) {
    return new Options(
        name,
        batch,
        threads,
        accuracy,
        dataFormat,
        optimize,
        kernels,
        executor,
        tuneCache,
        weightCache);
  }

  /** These options with another batch. */
  public Options batch(int images) {
    return new Options(
        strategy,
        images,
        threads,
        accuracy,
        dataFormat,
        optimize,
        kernels,
        executor,
        tuneCache,
        weightCache);
  }

  /** These options with another number of threads. */
  public Options threads(int count) {
    return new Options(
        strategy,
        batch,
        count,
        accuracy,
        dataFormat,
        optimize,
        kernels,
        executor,
        tuneCache,
        weightCache);
  }

  /** These options with another accuracy mode. */
  public Options accuracy(Accuracy mode) {
    return new Options(
        strategy,
        batch,
        threads,
        mode,
        dataFormat,
        optimize,
        kernels,
        executor,
        tuneCache,
        weightCache);
  }

  /** These options with another layout of inputs and outputs. */
  public Options dataFormat(DataFormat format) {
    return new Options(
        strategy,
        batch,
        threads,
        accuracy,
        format,
        optimize,
        kernels,
        executor,
        tuneCache,
        weightCache);
  }

  /** These options with folding and fusion on or off. */
  public Options optimize(boolean on) {
    return new Options(
        strategy,
        batch,
        threads,
        accuracy,
        dataFormat,
        on,
        kernels,
        executor,
        tuneCache,
        weightCache);
  }

  /**
   * These options with a kernel chosen for one node. A convolution and the pooling of its result
   * stay two steps if either is named, unless the pooling's name is that of a kernel that does both
   * ({@code conv_pool/…}).
   */
  public Options kernel(String node, String kernelId) {
    Map<String, String> next = new LinkedHashMap<>(kernels);
    next.put(node, kernelId);
    return new Options(
        strategy,
        batch,
        threads,
        accuracy,
        dataFormat,
        optimize,
        next,
        executor,
        tuneCache,
        weightCache);
  }

  /**
   * These options with a service's own threads: up to {@code threads - 1} tasks are given to {@code
   * helpers} during a run, no more than that at any time; {@link Execution#runAsync} runs there
   * too, and the model starts no threads of its own.
   *
   * <p>A run never waits for the executor. A task that starts late helps with what is left; where
   * the executor is busy, rejects the task (logged once per model), has a single thread or runs it
   * on the calling thread, the caller computes everything itself. A task ends {@value
   * WorkerPool#STAY_MICROS} µs after the last run at the latest. The executor stays the caller's to
   * shut down. Giving a task to it costs what its {@code execute} costs, for a {@code
   * ThreadPoolExecutor} a queue node of 24 bytes and a wake-up of some 20 µs, at most once per task
   * and run as long as no step takes longer than {@value WorkerPool#STAY_IN_RUN_MICROS} µs alone;
   * our own part allocates nothing.
   */
  public Options executor(Executor helpers) {
    return new Options(
        strategy,
        batch,
        threads,
        accuracy,
        dataFormat,
        optimize,
        kernels,
        Optional.of(Objects.requireNonNull(helpers, "helpers")),
        tuneCache,
        weightCache);
  }

  /**
   * These options with kernels chosen by measured times, as far as {@code file} has them for this
   * machine, strategy, threads and accuracy. A file that does not exist yet has none; one that is
   * damaged or something else is left out with a warning. Which kernels are the fastest depends on
   * the number of threads and the batch, so with tuning results are equal only where kernels are.
   */
  public Options tuneCache(Path file) {
    return new Options(
        strategy,
        batch,
        threads,
        accuracy,
        dataFormat,
        optimize,
        kernels,
        executor,
        Optional.of(file),
        weightCache);
  }

  /**
   * These options with packed weights kept in {@code folder}, which is made if need be. The first
   * compilation of a model writes a file there, later ones with equal weights, options, CPU and
   * build of the kernels read it in place of packing. A file that is damaged is left out with a
   * warning and replaced; one that cannot be written is a warning. Files may be deleted at any
   * time.
   */
  public Options weightCache(Path folder) {
    return new Options(
        strategy,
        batch,
        threads,
        accuracy,
        dataFormat,
        optimize,
        kernels,
        executor,
        tuneCache,
        Optional.of(folder));
  }
}
