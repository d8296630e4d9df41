package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.striate.StriateException;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Node;
import io.striate.nn.Model;
import io.striate.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose large initializers stay in the file, against the same read as bytes. */
class ModelFileTest {
  @TempDir Path folder;

  /** Large ones: a filter, one that arithmetic reads (beta·c), one in typed data, one of half. */
  private static byte[] model() {
    ModelMaker maker =
        ModelMaker.opset(13)
            .input("x", -1, 64, 4, 4)
            .weights("filter", 128, 64, 3, 3)
            .weights("bias", 128)
            .node("Conv", "x,filter,bias", "c", list("pads", 1, 1, 1, 1), attr("group", 1))
            .node("Relu", "c", "r")
            .node("Flatten", "r", "f", attr("axis", 1))
            .weights("dense", 2048, 40)
            .weights("shift", 1, 40)
            .node("Gemm", "f,dense,shift", "g", attr("alpha", 0.5f))
            .weights("last", 40, 2000)
            .node("Transpose", "last", "turned", list("perm", 1, 0))
            .node("Gemm", "g,turned", "y", attr("transB", 1))
            .output("y");
    return maker.bytes();
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.onnx"), bytes);
  }

  private static Model load(Path path) {
    return OnnxModel.load(path, OnnxOptions.defaults(), 0);
  }

  private static float[] run(Model model) {
    try (CompiledModel compiled =
            model.compile(Options.defaults().strategy("scalar").threads(1).batch(1));
        Execution run = compiled.newExecution()) {
      float[] x = new float[(int) run.input().shape().elements()];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) Math.sin(i);
      }
      run.input().copyFrom(x);
      run.run();
      return run.output().toArray();
    }
  }

  private static String nodes(Model model) {
    StringBuilder text = new StringBuilder();
    for (Node node : model.graph().nodes()) {
      text.append(node.name()).append(' ').append(node.op()).append(' ');
      text.append(node.inputs()).append(' ').append(node.outputs()).append('\n');
    }
    return text.append(model.graph().inputs()).append(model.graph().outputs()).toString();
  }

  private static Map<String, float[]> weights(Model model) {
    Map<String, float[]> all = new TreeMap<>();
    model.weights().forEach((name, tensor) -> all.put(name, tensor.toArray()));
    return all;
  }

  @Test
  void theSameModelAsItsBytes() throws IOException {
    byte[] bytes = model();
    Path path = file(bytes);
    assertEquals(3, ModelFile.read(path, 64).orElseThrow().left().size());
    Model left = load(path);
    Model whole = OnnxModel.load(bytes);
    assertEquals(nodes(whole), nodes(left));
    assertArrayEquals(run(whole), run(left));
    Map<String, float[]> expected = weights(whole);
    Map<String, float[]> actual = weights(left);
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    assertArrayEquals(run(whole), run(left), "of weights that were handed out");
  }

  @Test
  void unusualTensorsAreReadWhole() throws IOException {
    TensorProto large = ModelMaker.tensor("w", new long[] {100, 1000}, new float[100_000]);
    assertTrue(ModelFile.read(file(with(large)), 64).isPresent());
    TensorProto half = large.toBuilder().setDataType(TensorProto.DataType.FLOAT16_VALUE).build();
    TensorProto flat = large.toBuilder().clearDims().addDims(99).build();
    TensorProto twice = large.toBuilder().addFloatData(1).build();
    for (TensorProto unusual : new TensorProto[] {half, flat, twice}) {
      byte[] bytes = with(unusual);
      Path path = file(bytes);
      assertTrue(ModelFile.read(path, 64).isEmpty());
      assertEquals(outcome(() -> OnnxModel.load(bytes)), outcome(() -> load(path)));
    }
  }

  private static byte[] with(TensorProto tensor) {
    return ModelMaker.opset(13)
        .input("x", 1, 100)
        .initializer(tensor)
        .node("MatMul", "x,w", "y")
        .output("y")
        .bytes();
  }

  /** What comes of loading: the graph with all weights, or the message without the source. */
  private static String outcome(Supplier<Model> load) {
    try {
      Model model = load.get();
      StringBuilder text = new StringBuilder(nodes(model));
      weights(model).forEach((n, v) -> text.append(n).append(Arrays.hashCode(v)).append('\n'));
      return text.toString();
    } catch (StriateException e) {
      String message = String.valueOf(e.getMessage());
      return message.substring(message.indexOf(": ") + 2);
    }
  }

  @Test
  void damagedFilesEndAsTheirBytesDo() throws IOException {
    byte[] good = model();
    Random random = new Random(5);
    int survived = 0;
    for (int i = 0; i < 150; i++) {
      byte[] bad = good.clone();
      if (i % 3 == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      }
      for (int n = random.nextInt(3); n >= 0 && bad.length > 0; n--) {
        // The names, shapes and lengths stand at the ends of the data.
        int at = random.nextInt(Math.min(bad.length, 400));
        at = random.nextBoolean() ? at : bad.length - 1 - at;
        bad[at] ^= (byte) (1 << random.nextInt(8));
      }
      byte[] bytes = bad;
      Path path = file(bytes);
      String expected = outcome(() -> OnnxModel.load(bytes));
      assertEquals(expected, outcome(() -> load(path)), "case " + i);
      survived += expected.contains("Conv") ? 1 : 0;
    }
    assertTrue(survived > 5 && survived < 140, "survived: " + survived);
  }

  @Test
  void theFileMayGoButNotChange() throws IOException {
    byte[] bytes = model();
    Path path = file(bytes);
    Model model = load(path);
    int at = indexOf(bytes, ByteString.copyFromUtf8("filter").toByteArray()) + 1000;
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      file.write(bytes[at] ^ 1);
      String message = assertThrows(StriateException.class, () -> run(model)).getMessage();
      assertTrue(message.contains("\"filter\"") && message.contains("was changed"), message);
      file.seek(at);
      file.write(bytes[at]);
    }
    Files.delete(path);
    assertArrayEquals(run(OnnxModel.load(bytes)), run(model));
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int i = 0; i + part.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }
}
