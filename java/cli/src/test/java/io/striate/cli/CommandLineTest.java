package io.striate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.image.Image;
import io.striate.io.Json;
import io.striate.io.Npy;
import io.striate.onnx.OnnxExporter;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.NodeList;
import picocli.CommandLine;

class CommandLineTest {
  private record Result(int code, String out, String err) {
    List<Json.Value> objects() {
      return out.lines().map(Json::parse).toList();
    }

    Json.Obj first() {
      return (Json.Obj) objects().get(0);
    }
  }

  @TempDir Path folder;

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine(args);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    int code = line.execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  private static Result succeed(String... args) {
    Result r = run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  private static void fail(int code, String expected, String... args) {
    Result r = run(args);
    assertEquals(code, r.code(), r.out() + r.err());
    assertTrue(r.err().contains(expected), "expected '" + expected + "' in: " + r.err());
  }

  private static String text(Json.Obj object, String key) {
    return ((Json.Str) object.members().get(key)).value();
  }

  private static double number(Json.Obj object, String key) {
    return Double.parseDouble(((Json.Num) object.members().get(key)).text());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "classify",
        "evaluate",
        "run",
        "summary",
        "zoo",
        "explain",
        "tune",
        "bench",
        "strategies",
        "test"
      })
  void everyCommandHasHelp(String command) {
    assertTrue(succeed(command, "--help").out().contains("Usage: striate " + command));
    assertTrue(succeed("--help").out().contains(command));
  }

  @Test
  void wrongUsageIsTwo() {
    fail(2, "Name a command");
    fail(2, "Unmatched argument", "guess");
    fail(2, "'gpu'", "explain", "zoo:lenet5", "--strategy", "gpu");
    fail(2, "'lenet6'", "summary", "zoo:lenet6");
    fail(2, "no model file", "summary", folder.resolve("none.onnx").toString());
    fail(2, "threads is 0", "explain", "zoo:lenet5", "--threads", "0");
    fail(2, "there is no picture", "classify", "zoo:squeezenet1.1", "none.jpg");
    fail(2, "there is no folder", "evaluate", "zoo:lenet5", "--data", "none");
    fail(2, "Missing required", "run", "zoo:lenet5");
    fail(2, "--batch is 0", "bench", "zoo:lenet5", "--batch", "0");
    fail(2, "threads is 1000000", "bench", "zoo:lenet5", "--threads", "1000000");
    fail(2, "--batch is -1", "explain", "zoo:lenet5", "--batch", "-1");
    fail(2, "--input-shape", "summary", "zoo:lenet5", "--input-shape", "input=Nx1x32x32");
    fail(2, "there is no folder", "zoo", "lenet5", "--plot", folder.resolve("no/z.svg").toString());
    fail(2, "--limit is 0", "evaluate", "zoo:lenet5", "--data", ".", "--limit", "0");
    fail(2, "./striate test", "test");
  }

  @Test
  void explainSaysWhyOtherKernelsDoNotRun() {
    String[] how = {"zoo:resnet18", "--threads", "1", "--strategy", "vector"};
    Result vector = succeed(with(how, "explain", "--why", "layer1.0.relu"));
    assertTrue(vector.out().contains("conv2d/igemm"), vector.out());
    assertTrue(vector.out().contains("is estimated to take"), vector.out());
    Result stem = succeed(with(how, "explain", "--why", "relu", "--json"));
    assertTrue(stem.out().contains("conv2d/winograd: needs a kernel of 3x3, 5x5"), stem.out());
    fail(2, "--why names 'none'", with(how, "explain", "--why", "none"));
  }

  @Test
  void timesAreKeptAndUsed() throws IOException {
    String cache = folder.resolve("tuning.txt").toString();
    String[] how = {"zoo:lenet5", "--strategy", "scalar", "--threads", "1"};
    Result table = succeed(with(how, "tune", "--cache", cache));
    assertTrue(table.out().contains("Kept in " + cache), table.out());
    assertTrue(table.out().contains("0 of "), "scalar has one kernel for a step: " + table.out());
    Result tuned = succeed(with(how, "explain", "--tuned", cache));
    assertTrue(tuned.out().contains("tuned: "), tuned.out());
    assertFalse(succeed(with(how, "explain")).out().contains("tuned: "));
    Path letter = Files.writeString(folder.resolve("letter"), "Dear reader");
    fail(1, "is no tuning cache", with(how, "tune", "--cache", letter.toString()));
    fail(2, "--batch is -1", with(how, "tune", "--batch", "-1"));
  }

  private static String[] with(String[] how, String command, String... more) {
    return Stream.of(new String[] {command}, how, more)
        .flatMap(Arrays::stream)
        .toArray(String[]::new);
  }

  @Test
  void damagedFilesAreOne() throws IOException {
    Path broken = folder.resolve("broken.onnx");
    Files.write(broken, new byte[] {8, 7, 58, 100, 1});
    fail(1, "broken.onnx", "summary", broken.toString());
    Path picture = folder.resolve("broken.jpg");
    Files.writeString(picture, "no picture");
    fail(1, "broken.jpg", "classify", "zoo:squeezenet1.1", picture.toString(), "-s", "scalar");
    Files.createDirectory(folder.resolve("empty"));
    fail(1, "empty", "evaluate", "zoo:lenet5", "--data", folder.resolve("empty").toString());
  }

  @Test
  void summaryCountsParameters() {
    Json.Obj last = (Json.Obj) succeed("summary", "zoo:resnet50", "--json").objects().getLast();
    // 25,557,032 of torchvision; states are the running mean and variance of each channel.
    assertEquals(25_557_032, number(last, "parameters"));
    assertEquals(2 * 26_560, number(last, "states"));
    assertTrue(succeed("summary", "zoo:lenet5").out().contains("pool_average"));
  }

  @Test
  void imageSizeHoldsForZooNetworksToo() {
    String size = "--image-size";
    Result r = succeed("summary", "zoo:resnet18", size, "96x64", "--json");
    assertEquals("1x3x96x64", text(r.first(), "output"));
    fail(2, "0x3", "summary", "zoo:resnet18", size, "0x3");
    fail(2, "height and width", "summary", "zoo:resnet18", size, "96");
    fail(2, "2x2", "summary", "zoo:alexnet", size, "2x2");
  }

  @Test
  void zooListsDrawsAndMeasures() throws Exception {
    List<Json.Value> rows = succeed("zoo", "--json").objects();
    assertEquals(Zoo.names(), rows.stream().map(r -> text((Json.Obj) r, "name")).toList());
    Path picture = folder.resolve("zoo.svg");
    Result r =
        succeed(
            "zoo",
            "lenet5",
            "alexnet",
            "--plot",
            picture.toString(),
            "--latency",
            "--seconds",
            "0.01",
            "-s",
            "cpu");
    assertTrue(r.out().contains("61,100,840") && r.out().contains("LeCun"), r.out());
    NodeList circles =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(picture.toFile())
            .getElementsByTagName("circle");
    assertEquals(4, circles.getLength()); // two networks, two families in the legend
    assertTrue(Files.readString(picture).contains(">median latency [ms], batch 1, strategy cpu"));
    fail(2, "'lenet6'", "zoo", "lenet6");
    fail(2, ".svg", "zoo", "--plot", "zoo.png");
    fail(2, "--seconds", "zoo", "--latency", "--seconds", "0");
  }

  @Test
  void explainNamesKernels() {
    for (Json.Value v : succeed("explain", "zoo:lenet5", "-s", "scalar", "--json").objects()) {
      assertEquals("scalar", text((Json.Obj) v, "provider"));
    }
    assertTrue(succeed("explain", "zoo:lenet5", "-s", "scalar").out().contains("gemm/"));
  }

  @Test
  void strategiesListsAllWithReasons() {
    List<Json.Value> rows = succeed("strategies", "--json").objects();
    assertEquals(
        List.of("scalar", "vector", "cpu", "onednn", "auto"),
        rows.stream().map(v -> text((Json.Obj) v, "strategy")).toList());
    rows.forEach(v -> assertTrue(!text((Json.Obj) v, "detail").isEmpty()));
  }

  @Test
  void runReadsAndWritesTensors() throws IOException {
    Graph.Builder b = Graph.builder("double");
    Value x = b.input("x", Shape.of(Shape.DYNAMIC, 3));
    Value two = b.constant("two", Tensor.of(Shape.of(1), 2));
    Graph g =
        b.output(b.add("y", io.striate.op.Binary.of(io.striate.op.Binary.Kind.MUL), x, two))
            .build();
    Path model = folder.resolve("double.onnx");
    OnnxExporter.write(g, model);
    Path in = folder.resolve("in.npy");
    Path out = folder.resolve("out.npy");
    Npy.write(in, Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6));
    succeed("run", model.toString(), "-i", in.toString(), "-o", out.toString());
    Tensor result = Npy.read(out);
    assertEquals(Shape.of(2, 3), result.shape());
    assertEquals(12f, result.get(1, 2));
    fail(2, "'z'", "run", model.toString(), "-i", "z=" + in, "-o", out.toString());
    Npy.write(in, Tensor.of(Shape.of(2, 4), 1, 2, 3, 4, 5, 6, 7, 8));
    fail(1, "2x4", "run", model.toString(), "-i", in.toString(), "-o", out.toString());
    fail(1, ".npy or .pb", "run", model.toString(), "-i", model.toString(), "-o", out.toString());
  }

  @Test
  void classifyAgreesAcrossStrategiesOnARenderedPicture() throws IOException {
    Path picture = folder.resolve("demo.png");
    DemoImage.render(224).writePng(picture);
    Path model = folder.resolve("lenet.onnx");
    OnnxExporter.write(Zoo.seeded("lenet5", 3).graph(), model);
    Result r = succeed("classify", model.toString(), picture.toString(), "--json", "--top", "3");
    List<String> strategies =
        r.objects().stream().map(v -> text((Json.Obj) v, "strategy")).toList();
    assertTrue(strategies.contains("scalar"), strategies.toString());
    assertEquals(3, ((Json.Arr) r.first().members().get("top")).values().size());
    fail(2, "224x224", "classify", model.toString(), picture.toString(), "--size", "224");
  }

  @Test
  void benchReportsAllocationFreeRuns() {
    Json.Obj row =
        succeed(
                "bench",
                "zoo:lenet5",
                "-s",
                "scalar",
                "-t",
                "1",
                "--seconds",
                "0.2",
                "--warmup",
                "0.2",
                "--json")
            .first();
    assertTrue(number(row, "medianMs") > 0 && number(row, "p99Ms") >= number(row, "p10Ms"));
    assertTrue(number(row, "bytesPerRun") < 64, "a run must not allocate");
  }

  @Test
  void demoAgreesAndWritesItsPicture() throws IOException {
    Path picture = folder.resolve("sea.png");
    Result r =
        succeed(
            "demo", "--networks", "lenet5", "--seconds", "0.05", "--picture", picture.toString());
    assertTrue(r.out().contains("All answers agree"), r.out());
    assertEquals(224, Image.read(picture).width());
    assertTrue(Files.readString(picture, StandardCharsets.ISO_8859_1).startsWith("\u0089PNG"));
  }
}
