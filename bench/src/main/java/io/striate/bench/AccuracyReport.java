package io.striate.bench;

import io.striate.StriateException;
import io.striate.exec.Strategies;
import io.striate.graph.Node;
import io.striate.op.Accuracy;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Gemm;
import io.striate.op.KernelOp;
import io.striate.op.Provider;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The rounding error of every algorithm: of each layer that is a sum of products on its real
 * operands, and of whole networks in every strategy and accuracy mode. The right answer is the
 * scalar strategy's, whose sums are float64; it is rounded to float32 once per layer, an error of
 * at most 6e-8 of a value. Errors are relative to the layer's largest value.
 */
public final class AccuracyReport {
  private static final String USAGE =
      """
      Measures the rounding error of every algorithm, layer by layer, and of whole networks.

        accuracy [--output FILE] [--layers] [MODEL...]

      MODEL is zoo:NAME or an ONNX file; without any: the models of bench/bar.txt, and the results are written to
      bench/results/DATE-accuracy.json, from which ./striate table makes docs/accuracy.md.

        --output FILE    the results as JSON
        --layers         prints every layer, not only the worst of each algorithm
      """;

  private final List<Map<String, Object>> layers = new ArrayList<>();
  private final List<Map<String, Object>> models = new ArrayList<>();

  private AccuracyReport() {}

  /** {@code --help} lists the options. Exit code 1: the work failed; 2: wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(USAGE);
      return;
    }
    List<String> names = new ArrayList<>();
    Optional<Path> output = Optional.empty();
    boolean all = false;
    List<Subject> subjects;
    try {
      Arguments rest = new Arguments(args);
      while (rest.hasNext()) {
        String word = rest.next();
        switch (word) {
          case "--output" -> output = Optional.of(Path.of(rest.next()));
          case "--layers" -> all = true;
          default -> {
            if (word.startsWith("-")) {
              throw new IllegalArgumentException("there is no option " + word);
            }
            names.add(word);
          }
        }
      }
      if (names.isEmpty()) {
        BarGoals.all().forEach(g -> names.add(g.model()));
        String date = LocalDate.now(ZoneOffset.UTC).toString();
        Path file = Places.root().resolve("bench/results").resolve(date + Results.ACCURACY_ENDING);
        output = output.isPresent() ? output : Optional.of(file);
      }
      subjects = names.stream().map(n -> Subject.of(n, 1)).toList();
    } catch (IllegalArgumentException e) {
      System.err.println("accuracy: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
      return;
    }
    try {
      AccuracyReport report = new AccuracyReport();
      for (Subject subject : subjects) {
        System.err.println("accuracy: " + subject.name() + " ...");
        report.layers(subject);
        report.model(subject);
      }
      Map<String, Object> results = report.results();
      System.out.print(AccuracyPage.tables(results, all));
      if (output.isPresent()) {
        Results.write(output.get(), results);
        System.out.println("Written to " + output.get());
      }
    } catch (StriateException | IllegalArgumentException | IllegalStateException | IOException e) {
      System.err.println("accuracy: " + e.getMessage());
      System.exit(1);
    }
  }

  private Map<String, Object> results() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("measured", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    all.put("commit", Places.commit());
    all.put("machine", Machine.here().toJson());
    List<Map<String, Object>> engines = new ArrayList<>();
    for (Provider p : Candidates.providers()) {
      engines.add(new LinkedHashMap<>(Map.of("engine", p.name(), "version", p.describe())));
    }
    all.put("engines", engines);
    all.put("accuracyOfModels", models);
    all.put("accuracyOfLayers", layers);
    return all;
  }

  /** Measures every layer; of layers of equal kind the worst stands for all. */
  private void layers(Subject subject) {
    Map<String, Map<String, Object>> worst = new LinkedHashMap<>();
    LayerWalk.walk(
        subject,
        (node, op, operands, constant, right) -> {
          if (sums(op)) {
            Candidates all = new Candidates(op, operands, constant, node.output().shape());
            for (Candidates.Answer a : all.run()) {
              Map<String, Object> row = row(subject, node, op, operands, a, right);
              worst.merge(Results.text(row, "kind") + a.algorithm(), row, AccuracyReport::worseOf);
            }
          }
        });
    layers.addAll(worst.values());
  }

  /** Whether results are sums of products. */
  private static boolean sums(KernelOp op) {
    return op instanceof Conv || op instanceof Gemm || op instanceof ConvTranspose;
  }

  private static Map<String, Object> row(
      Subject subject,
      Node node,
      KernelOp op,
      List<Tensor> operands,
      Candidates.Answer answer,
      float[] right) {
    Deviation d = Deviation.of(right, answer.output());
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", subject.name());
    row.put("layer", node.name());
    row.put("kind", kind(op, operands));
    row.put("layers", 1);
    row.put("algorithm", answer.algorithm());
    row.put("accuracy", answer.mode().name());
    row.put("kernel", answer.kernel());
    row.put("max", d.max());
    row.put("rms", d.rms());
    return row;
  }

  private static Map<String, Object> worseOf(Map<String, Object> a, Map<String, Object> b) {
    Map<String, Object> worse =
        new LinkedHashMap<>(Results.number(a, "max") < Results.number(b, "max") ? b : a);
    worse.put("layers", (int) (Results.number(a, "layers") + Results.number(b, "layers")));
    worse.put("rms", Math.max(Results.number(a, "rms"), Results.number(b, "rms")));
    return worse;
  }

  /** As {@code conv 3×3, 64×56×56, weights 64×64×3×3, stride 2, 2 groups}. */
  private static String kind(KernelOp op, List<Tensor> operands) {
    String src = dims(operands.get(0).shape().dims(), 1);
    String weights = dims(operands.get(1).shape().dims(), 0);
    String extra =
        op instanceof Conv c
            ? (c.window().stride().stream().anyMatch(s -> s != 1)
                    ? ", stride " + c.window().stride().get(0)
                    : "")
                + (c.groups() == 1 ? "" : ", " + c.groups() + " groups")
            : "";
    return op.type() + " " + src + ", weights " + weights + extra;
  }

  private static String dims(long[] dims, int from) {
    return java.util.stream.LongStream.of(dims)
        .skip(from)
        .mapToObj(Long::toString)
        .collect(Collectors.joining("×"));
  }

  /** Measures the whole network in every strategy and mode. */
  private void model(Subject subject) {
    float[] right = Oracle.answer(subject).output();
    for (Strategies.Strategy s : Strategies.all()) {
      if (s.name().equals(Engine.ORACLE)
          || s.name().equals("auto")
          || s.unavailable().isPresent()) {
        continue;
      }
      for (Accuracy mode : Accuracy.values()) {
        Engine engine = new Engine(s.name() + ":" + mode.name().toLowerCase(Locale.ROOT));
        try (Session session = engine.open(subject, 1)) {
          session.run();
          Deviation d = Deviation.of(right, session.output());
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("model", subject.name());
          row.put("strategy", s.name());
          row.put("accuracy", mode.name());
          row.put("max", d.max());
          row.put("rms", d.rms());
          models.add(row);
        }
      }
    }
  }
}
