package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.striate.StriateException;
import io.striate.graph.Graph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A damaged file is a clear error or still a model; never another exception, a hang or a full
 * memory.
 */
class DamagedFilesTest {
  private static byte[] small() {
    return ModelMaker.opset(13)
        .input("x", -1, 2, 6, 6)
        .weights("w", 3, 2, 3, 3)
        .weights("b", 3)
        .node("Conv", "x,w,b", "c", list("pads", 1, 1, 1, 1), attr("group", 1))
        .node("Relu", "c", "r")
        .node("MaxPool", "r", "p", list("kernel_shape", 2, 2), attr("ceil_mode", 1))
        .node("Shape", "p", "s")
        .initializer(ModelMaker.intScalar("zero", 0))
        .ints("first", 0)
        .ints("rest", -1)
        .node("Gather", "s,zero", "n")
        .node("Unsqueeze", "n,first", "n1")
        .node("Concat", "n1,rest", "t", attr("axis", 0))
        .node("Reshape", "p,t", "f")
        .weights("m", 75, 4)
        .node("Gemm", "f,m", "g", attr("alpha", 0.5f))
        .node("Softmax", "g", "y")
        .output("y")
        .bytes();
  }

  /** Whether it is still a model; anything but a model or a clear error fails the test. */
  private static boolean survives(byte[] bytes) {
    try {
      Graph graph = OnnxModel.load(bytes).graph();
      assertTrue(!graph.outputs().isEmpty());
      return true;
    } catch (StriateException e) {
      assertTrue(e.getMessage() != null && e.getMessage().length() > 20, () -> "message: " + e);
      return false;
    }
  }

  @Test
  void everyPrefix() {
    byte[] model = small();
    for (int length = 0; length < model.length; length++) {
      survives(Arrays.copyOf(model, length));
    }
    assertTrue(survives(model));
  }

  @Test
  void everyByteChanged() {
    byte[] model = small();
    int still = 0;
    for (int i = 0; i < model.length; i++) {
      byte original = model[i];
      for (int change : new int[] {0x01, 0x80, 0xff}) {
        model[i] = (byte) (original ^ change);
        still += survives(model) ? 1 : 0;
      }
      model[i] = original;
    }
    assertTrue(still > 0 && still < 3 * model.length);
  }

  @Test
  void everyBitOfTheHeadChanged() {
    byte[] model = small();
    for (int bit = 0; bit < 8 * Math.min(model.length, 1024); bit++) {
      model[bit / 8] ^= (byte) (1 << bit % 8);
      survives(model);
      model[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  @Test
  void randomChangesOfATrainedModel() throws IOException {
    Path file = TestData.require("models/lenet-mnist-caffe.onnx");
    byte[] model = Files.readAllBytes(file);
    long seed = 20240607;
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      byte[] changed = model.clone();
      int changes = 1 + random.nextInt(4);
      for (int i = 0; i < changes; i++) {
        // Half of them near the ends, where the structure is.
        int range = random.nextBoolean() ? 2000 : model.length;
        int at = random.nextInt(range);
        changed[random.nextBoolean() ? at : model.length - 1 - at] = (byte) random.nextInt(256);
      }
      survives(changed);
      survives(Arrays.copyOf(model, random.nextInt(model.length)));
    }
  }

  @Test
  void deepNesting() {
    // Groups of a field that the schema does not know, 200,000 levels deep.
    byte[] groups = new byte[200_000];
    Arrays.fill(groups, (byte) 0x5b);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertThrows(StriateException.class, () -> OnnxModel.load(groups)));
    // Types of sequences of sequences …, each a valid message; lengths grow outwards.
    ByteString type = ByteString.EMPTY;
    for (int i = 0; i < 2_000; i++) {
      type = field(4, field(1, type));
    }
    byte[] nested = field(7, field(11, field(2, type))).toByteArray();
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(nested)).getMessage();
    assertTrue(message.contains("damaged"), message);
  }

  /** A length-delimited protobuf field. */
  private static ByteString field(int number, ByteString content) {
    ByteString.Output out = ByteString.newOutput();
    out.write((number << 3) | 2);
    int length = content.size();
    while (length > 0x7f) {
      out.write((length & 0x7f) | 0x80);
      length >>>= 7;
    }
    out.write(length);
    return out.toByteString().concat(content);
  }

  @Test
  void lyingLengths() {
    // graph of 2^31 - 1 bytes, in a file of seven.
    byte[] length = {0x3a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07, 0};
    assertThrows(StriateException.class, () -> OnnxModel.load(length));
    ModelMaker dims =
        ModelMaker.opset(13)
            .input("x", 1, 1L << 39)
            .ints("shape", 1L << 20, 1L << 19)
            .node("Reshape", "x,shape", "y")
            .output("y");
    assertTrue(survives(dims.bytes()));
    ModelMaker beyond =
        ModelMaker.opset(13).input("x", 1L << 39, 1L << 39).node("Relu", "x", "y").output("y");
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(beyond.bytes())).getMessage();
    assertTrue(message.contains("2^40"), message);
  }

  @Test
  void manyNodes() {
    ModelMaker chain = ModelMaker.opset(13).input("x", -1, 4);
    String last = "x";
    for (int i = 0; i < 20_000; i++) {
      chain.node("Relu", last, "v" + i);
      last = "v" + i;
    }
    byte[] bytes = chain.output(last).bytes();
    assertTimeoutPreemptively(Duration.ofSeconds(30), () -> assertTrue(survives(bytes)));
  }
}
