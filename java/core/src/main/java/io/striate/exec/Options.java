package io.striate.exec;

import io.striate.op.Accuracy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

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
 */
public record Options(
    String strategy,
    int batch,
    int threads,
    Accuracy accuracy,
    DataFormat dataFormat,
    boolean optimize,
    Map<String, String> kernels) {

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
   * Strategy auto, the graph's batch, one thread per available processor, default accuracy, NCHW.
   */
  public static Options defaults() {
    return new Options(
        "auto",
        0,
        Runtime.getRuntime().availableProcessors(),
        Accuracy.DEFAULT,
        DataFormat.NCHW,
        true,
        Map.of());
  }

  /** These options with another strategy. */
  public Options strategy(String name) {
    return new Options(name, batch, threads, accuracy, dataFormat, optimize, kernels);
  }

  /** These options with another batch. */
  public Options batch(int images) {
    return new Options(strategy, images, threads, accuracy, dataFormat, optimize, kernels);
  }

  /** These options with another number of threads. */
  public Options threads(int count) {
    return new Options(strategy, batch, count, accuracy, dataFormat, optimize, kernels);
  }

  /** These options with another accuracy mode. */
  public Options accuracy(Accuracy mode) {
    return new Options(strategy, batch, threads, mode, dataFormat, optimize, kernels);
  }

  /** These options with another layout of inputs and outputs. */
  public Options dataFormat(DataFormat format) {
    return new Options(strategy, batch, threads, accuracy, format, optimize, kernels);
  }

  /** These options with folding and fusion on or off. */
  public Options optimize(boolean on) {
    return new Options(strategy, batch, threads, accuracy, dataFormat, on, kernels);
  }

  /** These options with a kernel chosen for one node. */
  public Options kernel(String node, String kernelId) {
    Map<String, String> next = new LinkedHashMap<>(kernels);
    next.put(node, kernelId);
    return new Options(strategy, batch, threads, accuracy, dataFormat, optimize, next);
  }
}
