package io.striate.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.striate.data.Dataset;
import io.striate.data.Datasets;
import io.striate.data.Split;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.image.Image;
import io.striate.image.Preprocessing;
import io.striate.io.Npy;
import io.striate.nn.Model;
import io.striate.nn.Ranking;
import io.striate.onnx.OnnxModel;
import io.striate.onnx.OnnxOptions;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks trained elsewhere give the published answers under every strategy. */
class TrainedModelsTest {
  /** Full counts take the oracle minutes; it answers for as many pictures as stay in seconds. */
  private static final int SCALAR_LIMIT = 60;

  static List<String> strategies() {
    return Strategies.all().stream()
        .filter(s -> s.unavailable().isEmpty() && !s.name().equals("auto"))
        .map(Strategies.Strategy::name)
        .toList();
  }

  /** A file of the data folder; the test is skipped with a printed reason if it is not there. */
  static Path data(String name) {
    String set = System.getenv("STRIATE_DATA");
    Path root = Path.of(set == null || set.isEmpty() ? "../../../shared" : set);
    Path file = root.resolve(name);
    if (!Files.exists(file)) {
      String reason = "skipped: there is no " + file + "; set STRIATE_DATA to the data folder";
      System.out.println(reason);
      abort(reason);
    }
    return file;
  }

  private static String evaluate(String model, String set, String strategy, int limit) {
    StringWriter out = new StringWriter();
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", data(model).toString(), "--data", data(set).toString()));
    args.addAll(List.of("--strategy", strategy, "--limit", Integer.toString(limit)));
    args.addAll(
        List.of("--threads", "1")); // OpenMP threads that fight for a busy core cost seconds
    int code = Main.commandLine().setOut(new PrintWriter(out)).execute(args.toArray(String[]::new));
    assertEquals(0, code);
    return out.toString();
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void lenetReadsTheMnistTestSet(String strategy) {
    boolean all = !strategy.equals("scalar");
    String answer =
        evaluate("models/lenet-mnist-caffe.onnx", "data/mnist", strategy, all ? 10_000 : 1000);
    // 990 of the first 1000 is what the other strategies and ONNX Runtime count.
    String expected = all ? "9914 of 10000 right" : "990 of 1000 right";
    assertTrue(answer.contains(expected), answer);
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void resnetsNameCifarPictures(String strategy) throws IOException {
    int limit = strategy.equals("scalar") ? SCALAR_LIMIT : 1000;
    for (String depth : List.of("20", "32")) {
      Tensor logits = Npy.read(data("models/resnet" + depth + "-cifar10-test1000-logits.npy"));
      Dataset set = Datasets.open(data("data/cifar10"), Split.TEST);
      int right = 0;
      for (int i = 0; i < limit; i++) {
        right += Ranking.top(logits, i) == set.label(i) ? 1 : 0;
      }
      if (limit == 1000) {
        assertEquals(depth.equals("20") ? 915 : 928, right, "the stored logits");
      }
      String answer =
          evaluate("models/resnet" + depth + "-cifar10.onnx", "data/cifar10", strategy, limit);
      assertTrue(answer.contains(right + " of " + limit + " right"), answer);
    }
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void squeezenetNamesPhotographs(String strategy) throws IOException {
    List<String> table = Files.readAllLines(data("data/images/images.tsv"));
    float[] expected = Npy.read(data("data/images/squeezenet1.1-logits-on-crop224.npy")).toArray();
    Model model =
        OnnxModel.load(
            data("models/squeezenet1.1.onnx"), OnnxOptions.defaults().withImageSize(224, 224));
    Preprocessing crops = Preprocessing.imagenet().withResize(new Preprocessing.Resize.None());
    try (CompiledModel compiled = model.compile(Options.defaults().strategy(strategy).threads(1));
        Execution run = compiled.newExecution()) {
      for (int i = 1; i < table.size(); i++) {
        String[] columns = table.get(i).split("\t", -1);
        String name = columns[0].substring(0, columns[0].lastIndexOf('.'));
        Image crop = Image.read(data("data/images/crop224/" + name + ".png"));
        crops.newPreprocessor().apply(crop, run.input(), 0);
        run.run();
        float[] row = Arrays.copyOfRange(expected, (i - 1) * 1000, i * 1000);
        assertArrayEquals(row, run.output().toArray(), 1e-3f, name);
        Image photo = Image.read(data("data/images/" + columns[0]));
        Preprocessing.imagenet().newPreprocessor().apply(photo, run.input(), 0);
        run.run();
        int top = Integer.parseInt(columns[5].split(" ", -1)[0]);
        assertEquals(top, Ranking.top(run.output(), 0), name);
      }
    }
  }
}
