package io.striate.cli;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Strategies;
import io.striate.graph.Value;
import io.striate.image.Image;
import io.striate.image.Interpolation;
import io.striate.nn.Model;
import io.striate.nn.Ranking;
import io.striate.tensor.Shape;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs bundled architectures on a picture rendered here, on every strategy, and compares answers
 * and costs.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Runs bundled architectures with seeded weights on a rendered picture with every strategy,"
            + " checks that the answers agree and shows what each costs. Needs nothing else.")
final class DemoCommand implements Callable<Integer> {
  /**
   * Largest difference from the oracle that is put down to rounding, relative to the largest score.
   */
  private static final double TOLERANCE = 1e-4;

  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final Output output = new Output();

  @Option(
      names = "--networks",
      split = ",",
      paramLabel = "NAME",
      defaultValue = "lenet5,squeezenet1.1,mobilenet_v2,resnet18",
      description = "Bundled architectures to run (${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init")
  private List<String> networks;

  @Option(
      names = "--picture",
      paramLabel = "FILE.png",
      description = "Also write the rendered picture to a file.")
  private Optional<Path> picture = Optional.empty();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "0.7",
      description = "Seconds measured per row (${DEFAULT-VALUE}).")
  private double seconds;

  private boolean disagreed;

  @Override
  public Integer call() throws IOException {
    Image image = DemoImage.render(224);
    if (picture.isPresent()) {
      image.writePng(picture.get());
      output.line("The picture is in %s.", picture.get());
    }
    for (Strategies.Strategy s : Strategies.all()) {
      s.unavailable()
          .ifPresent(reason -> output.note("strategy " + s.name() + " is left out: " + reason));
    }
    output.line(
        "Seeded networks on a rendered picture, batch 1, %d thread%s. 'difference' is the largest from the scalar oracle,",
        run.threads(), run.threads() == 1 ? "" : "s");
    output.line("relative to the largest score; 'speed-up' is against the scalar strategy.");
    output.line("");
    output.line(
        "%-14s %9s  %-8s %10s %9s %9s %11s  %s",
        "network",
        "MMAC",
        "strategy",
        "median ms",
        "GFLOP/s",
        "speed-up",
        "difference",
        "top class");
    for (String name : networks) {
      compare(name, image);
    }
    output.line("");
    if (disagreed) {
      output.note("Some answers disagree by more than " + TOLERANCE + " of the largest score.");
      return 1;
    }
    output.line("All answers agree to %.0e of the largest score.", TOLERANCE);
    output.line(
        "Next: ./striate classify MODEL.onnx PHOTO.jpg, ./striate strategies, ./striate --help");
    return 0;
  }

  private void compare(String name, Image image) {
    Model model = Zoo.seeded(name, 1);
    Value input = model.graph().inputs().get(0);
    float[] pixels = pixels(image, input.shape());
    float[] oracle = {};
    double oracleMillis = Double.NaN;
    for (String strategy : run.named()) {
      try (CompiledModel compiled = model.compile(run.options(strategy));
          Execution execution = compiled.newExecution()) {
        execution.input().copyFrom(pixels);
        Timing timing = Timing.of(execution, seconds, seconds, 1);
        float[] scores = execution.output().toArray();
        if (oracle.length == 0) {
          oracle = scores;
          oracleMillis = timing.median();
        }
        double difference = difference(oracle, scores);
        int top = Ranking.top(execution.output(), 0);
        boolean agrees = difference <= TOLERANCE;
        disagreed |= !agrees;
        double gflops = 2 * compiled.explain().macs() / (timing.median() * 1e6);
        report(name, compiled, strategy, timing, gflops, oracleMillis, difference, agrees, top);
      }
    }
  }

  private void report(
      String name,
      CompiledModel compiled,
      String strategy,
      Timing timing,
      double gflops,
      double oracleMillis,
      double difference,
      boolean agrees,
      int top) {
    if (output.json()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("network", name);
      row.put("strategy", strategy);
      row.put("medianMs", timing.median());
      row.put("gflops", gflops);
      row.put("difference", difference);
      row.put("topClass", top);
      row.put("agrees", agrees);
      output.object(row);
      return;
    }
    output.line(
        "%-14s %9.1f  %-8s %10.3f %9.1f %8.1fx %11.1e  %s",
        name,
        compiled.explain().macs() / 1e6,
        strategy,
        timing.median(),
        gflops,
        oracleMillis / timing.median(),
        difference,
        top + (agrees ? "" : "  DISAGREES"));
  }

  private static double difference(float[] expected, float[] actual) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
    }
    return difference / Math.max(largest, Float.MIN_NORMAL);
  }

  /** The picture at the network's size, one plane per channel, centred around 0. */
  private static float[] pixels(Image image, Shape shape) {
    int channels = Math.toIntExact(shape.dim(1));
    int height = Math.toIntExact(shape.dim(2));
    int width = Math.toIntExact(shape.dim(3));
    Image scaled = image.resize(width, height, Interpolation.BILINEAR);
    Image fitting = channels == 1 ? scaled.toGrey() : scaled;
    float[] out = new float[channels * height * width];
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          out[(c * height + y) * width + x] = fitting.get(x, y, c) / 127.5f - 1;
        }
      }
    }
    return out;
  }
}
