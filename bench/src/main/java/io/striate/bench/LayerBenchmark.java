package io.striate.bench;

import io.striate.op.vector.PeakRate;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One convolution or dense layer by one provider. Packing and binding lie outside the measurement;
 * the answer is checked before and after it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls the set-up
public class LayerBenchmark {
  /** The provider. */
  @Param({"scalar", "vector", "cpu", "onednn"})
  public String strategy;

  /** MODEL/LAYER of {@code bench/shapes}. */
  @Param({
    "resnet50/conv2_1_3x3",
    "resnet50/conv3_2_3x3",
    "resnet50/conv4_2_3x3",
    "resnet50/conv2_2_reduce",
    "resnet50/conv2_1_expand",
    "resnet50/conv3_2_reduce",
    "resnet50/conv3_1_expand",
    "resnet50/conv4_2_reduce",
    "resnet50/conv4_1_expand"
  })
  public String shape;

  /** Threads of one layer; JMH itself uses one. */
  @Param("1")
  public int threads;

  private LayerCheck check;
  private Layer layer;

  /** Creates the layer, prints its kernel and checks the answer. */
  @Setup(Level.Trial)
  public void open() {
    LayerShape s = LayerShape.byId(shape);
    LayerData data = LayerData.seeded(s, 1);
    check = new LayerCheck(s, data);
    layer = Layer.open(s, data, new Engine(strategy), threads);
    layer.run();
    check.check(layer);
    double peak = PeakRate.gflops(threads).orElse(Double.NaN);
    Rates.publish(new Rates(s.macs(), peak));
    System.out.printf(
        "%n# %s, %s, %d thread(s): %s; FMA peak %.1f GFLOP/s%n",
        shape, strategy, threads, layer.kernelId(), peak);
  }

  /** The layer once. */
  @Benchmark
  public void layer() {
    layer.run();
  }

  /** Checks the answer again. */
  @TearDown(Level.Trial)
  public void close() {
    try {
      check.check(layer);
    } finally {
      layer.close();
    }
  }
}
