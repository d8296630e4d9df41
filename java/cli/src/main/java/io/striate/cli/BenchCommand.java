package io.striate.cli;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Explanation;
import io.striate.nn.Model;
import io.striate.op.vector.PeakRate;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Latency, arithmetic rate and allocation of a model under one or all strategies. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description =
        "Measures latency (median, p10, p99), GFLOP/s, share of measured FMA peak and bytes allocated per run.")
final class BenchCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final Output output = new Output();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "Images per run (${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "Seconds measured (${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--warmup",
      paramLabel = "S",
      defaultValue = "2",
      description = "Seconds before (${DEFAULT-VALUE}).")
  private double warmup;

  @Option(names = "--steps", description = "Also the time of every step, slowest first.")
  private boolean steps;

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    if (batch < 1 || !(seconds > 0) || !(warmup >= 0)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--batch is %d, --seconds %s, --warmup %s: batch and seconds must be positive, warmup not negative"
              .formatted(batch, seconds, warmup));
    }
    Model model = source.load();
    List<String> names = run.named();
    names.forEach(run::options);
    OptionalDouble peak = PeakRate.gflops(run.threads());
    output.line(
        "%s, batch %d, %d thread%s; FMA peak %s",
        source.name(),
        batch,
        run.threads(),
        run.threads() == 1 ? "" : "s",
        peak.isPresent()
            ? String.format(Locale.ROOT, "%.1f GFLOP/s, measured", peak.getAsDouble())
            : "not measurable");
    output.line(
        "%-8s  %10s  %10s  %10s  %9s  %6s  %9s  %6s",
        "strategy", "median ms", "p10 ms", "p99 ms", "GFLOP/s", "peak", "B/run", "runs");
    for (String name : names) {
      measure(model, name, peak);
    }
    return 0;
  }

  private void measure(Model model, String name, OptionalDouble peak) {
    try (CompiledModel compiled = model.compile(run.options(name).batch(batch));
        Execution execution = compiled.newExecution()) {
      SplittableRandom random = new SplittableRandom(1);
      compiled.inputs().forEach(v -> fill(execution.input(v.name()), random));
      Timing timing = Timing.of(execution, warmup, seconds, 5);
      double gflops = 2 * compiled.explain().macs() / (timing.median() * 1e6);
      double share = peak.isPresent() ? gflops / peak.getAsDouble() : Double.NaN;
      if (output.json()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("model", source.name());
        row.put("strategy", name);
        row.put("batch", batch);
        row.put("threads", run.threads());
        row.put("medianMs", timing.median());
        row.put("p10Ms", timing.millis(0.1));
        row.put("p99Ms", timing.millis(0.99));
        row.put("gflops", gflops);
        row.put("peakShare", share);
        row.put("bytesPerRun", timing.bytesPerRun());
        row.put("runs", timing.runs());
        output.object(row);
      } else {
        output.line(
            "%-8s  %10.3f  %10.3f  %10.3f  %9.1f  %6s  %9d  %6d",
            name,
            timing.median(),
            timing.millis(0.1),
            timing.millis(0.99),
            gflops,
            Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * share),
            timing.bytesPerRun(),
            timing.runs());
      }
      if (steps) {
        printSteps(compiled, execution, peak);
      }
    }
  }

  private static void fill(Tensor tensor, SplittableRandom random) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    tensor.copyFrom(values);
  }

  private void printSteps(CompiledModel compiled, Execution execution, OptionalDouble peak) {
    int rounds = 15;
    long[][] all = new long[rounds][execution.steps()];
    for (long[] nanos : all) {
      execution.runTimed(nanos);
    }
    List<Explanation.Row> rows = compiled.explain().rows();
    List<Integer> order = new ArrayList<>();
    long[] best = new long[rows.size()];
    for (int i = 0; i < rows.size(); i++) {
      int step = i;
      best[i] = java.util.Arrays.stream(all).mapToLong(n -> n[step]).sorted().toArray()[rounds / 2];
      order.add(i);
    }
    order.sort(Comparator.comparingLong((Integer i) -> -best[i]));
    for (int i : order) {
      Explanation.Row r = rows.get(i);
      double gflops = 2.0 * r.macs() / best[i];
      if (output.json()) {
        output.object(
            Map.of(
                "step",
                r.name(),
                "kernel",
                r.kernel(),
                "medianMs",
                best[i] / 1e6,
                "gflops",
                gflops));
      } else {
        output.line(
            "  %9.4f ms  %7.1f GFLOP/s  %5s  %s  %s  %s",
            best[i] / 1e6,
            gflops,
            peak.isPresent() && r.macs() > 0
                ? String.format(Locale.ROOT, "%.0f %%", 100 * gflops / peak.getAsDouble())
                : "",
            r.name(),
            r.output(),
            r.kernel());
      }
    }
  }
}
