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
 * One inference of a whole model by one engine. The answer is compared with that of the scalar
 * strategy before and after the measurement. {@link Compare} alternates the engines instead.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 10, time = 2)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls the set-up
public class ModelBenchmark {
  /** {@code zoo:NAME} or the path of an ONNX file. */
  @Param({"zoo:squeezenet1.1", "zoo:resnet50"})
  public String model;

  /** {@code onnxruntime} or a strategy, with {@code :strict} if wanted. */
  @Param({"onnxruntime", "cpu", "vector", "onednn", "scalar"})
  public String engine;

  /** Images per run. */
  @Param("1")
  public int batch;

  /** Threads of one inference; JMH itself uses one. */
  @Param("1")
  public int threads;

  private float[] expected;
  private Session session;

  /** Prepares the model, prints the kernels that take most work and checks the answer. */
  @Setup(Level.Trial)
  public void open() {
    Subject subject = Subject.of(model, batch);
    Engine chosen = new Engine(engine);
    double peak = PeakRate.gflops(threads).orElse(Double.NaN);
    Oracle.Answer oracle = Oracle.answer(subject);
    expected = oracle.output();
    Rates.publish(new Rates(oracle.macs(), peak));
    session = chosen.open(subject, threads);
    session.run();
    String answer = check();
    System.out.printf(
        "%n# %s, %s, batch %d, %d thread(s); %s; %s; FMA peak %.1f GFLOP/s%n",
        subject.name(), chosen.describe(), batch, threads, answer, kernels(), peak);
  }

  private String check() {
    double difference = Session.difference(expected, session.output());
    if (!(difference <= Compare.LARGEST_DIFFERENCE)) {
      throw new IllegalStateException(
          engine + " differs from the scalar strategy by " + difference + " on " + model);
    }
    return "largest relative difference from scalar " + (float) difference;
  }

  private String kernels() {
    return session instanceof StriateSession own
        ? "kernels "
            + own.model().explain().rows().stream().map(r -> r.kernel()).distinct().toList()
        : "kernels of its own";
  }

  /** One inference. */
  @Benchmark
  public void inference() {
    session.run();
  }

  /** Checks the answer again. */
  @TearDown(Level.Trial)
  public void close() {
    try {
      check();
    } finally {
      session.close();
    }
  }
}
