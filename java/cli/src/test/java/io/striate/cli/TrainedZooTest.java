package io.striate.cli;

import static io.striate.cli.TrainedModelsTest.data;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.data.Dataset;
import io.striate.data.Datasets;
import io.striate.data.Split;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.image.Preprocessing;
import io.striate.image.Preprocessor;
import io.striate.io.Json;
import io.striate.io.Npy;
import io.striate.nn.Model;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The zoo's own networks with weights trained elsewhere give the published answers. */
class TrainedZooTest {

  private record Result(int code, String out, String err) {}

  private static Result run(List<String> args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Main.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(args.toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  private static String succeed(List<String> args) {
    Result r = run(args);
    assertEquals(0, r.code(), r.err());
    return r.out();
  }

  @ParameterizedTest
  @CsvSource({
    "resnet20, resnet20-cifar10, cifar10, 915 of 1000 right",
    "resnet32, resnet32-cifar10, cifar10, 928 of 1000 right",
    "lenet_caffe, lenet-mnist-caffe, mnist, 9914 of 10000 right",
  })
  void evaluateCounts(String name, String weights, String set, String expected) {
    String file = data("models/" + weights + ".safetensors").toString();
    List<String> args = new ArrayList<>(List.of("evaluate", "zoo:" + name, "--weights", file));
    args.addAll(List.of("--data", data("data/" + set).toString(), "--threads", "1"));
    String answer = succeed(args);
    assertTrue(answer.contains(expected), answer);
  }

  /** Not only the counts: each logit of the first pictures, as ONNX Runtime gave them. */
  @ParameterizedTest
  @CsvSource({"20", "32"})
  void logitsAreThoseStored(String depth) throws IOException {
    Model model =
        Zoo.of("resnet" + depth)
            .build()
            .loadWeights(data("models/resnet" + depth + "-cifar10.safetensors"));
    int count = 50;
    float[] stored =
        Npy.read(data("models/resnet" + depth + "-cifar10-test1000-logits.npy")).toArray();
    Dataset set = Datasets.open(data("data/cifar10"), Split.TEST);
    Preprocessor preprocessor = Preprocessing.cifar10().newPreprocessor();
    try (CompiledModel compiled = model.compile(Options.defaults().threads(1).batch(count));
        Execution run = compiled.newExecution()) {
      set.batch(0, count, preprocessor, run.input(), new int[count]);
      run.run();
      assertArrayEquals(Arrays.copyOf(stored, count * 10), run.output().toArray(), 1e-4f);
    }
  }

  @Test
  void squeezenetNamesPhotographs() throws IOException {
    List<String> table = Files.readAllLines(data("data/images/images.tsv"));
    String file = data("models/squeezenet1.1.safetensors").toString();
    List<String> args = new ArrayList<>(List.of("classify", "zoo:squeezenet1.1"));
    List<Integer> expected = new ArrayList<>();
    for (String line : table.subList(1, table.size())) {
      String[] columns = line.split("\t", -1);
      args.add(data("data/images/" + columns[0]).toString());
      expected.add(Integer.parseInt(columns[5].split(" ", -1)[0]));
    }
    args.addAll(List.of("--weights", file, "--strategy", "auto", "--threads", "1", "--json"));
    List<Integer> found = new ArrayList<>();
    for (String line : succeed(args).lines().toList()) {
      Json.Arr top = (Json.Arr) ((Json.Obj) Json.parse(line)).members().get("top");
      Json.Obj best = (Json.Obj) top.values().getFirst();
      found.add(Integer.parseInt(((Json.Num) best.members().get("class")).text()));
    }
    assertEquals(expected, found);
  }

  @Test
  void weightsThatDoNotFitAreAnErrorThatListsThem(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("lenet.safetensors");
    Zoo.of("lenet5").build().saveWeights(file);
    Result wrong = run(List.of("summary", "zoo:lenet_caffe", "--weights", file.toString()));
    assertEquals(1, wrong.code());
    assertTrue(wrong.err().contains("missing: conv1.weight"), wrong.err());
    assertTrue(wrong.err().contains("unused: c1.weight"), wrong.err());
    assertEquals(0, run(List.of("summary", "zoo:lenet5", "--weights", file.toString())).code());
    Result none = run(List.of("explain", "zoo:lenet5", "--weights", "none.safetensors"));
    assertEquals(2, none.code());
    assertTrue(none.err().contains("no weight file none.safetensors"), none.err());
    Path text = Files.writeString(folder.resolve("weights.txt"), "none");
    Result unknown = run(List.of("summary", "zoo:lenet5", "--weights", text.toString()));
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().contains("must end in .safetensors or .npz"), unknown.err());
  }
}
