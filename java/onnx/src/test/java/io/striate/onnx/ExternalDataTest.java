package io.striate.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.onnx.proto.StringStringEntryProto;
import io.striate.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExternalDataTest {
  private static final OnnxOptions ALLOWED = OnnxOptions.defaults().withExternalData(true);

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = Files.createDirectory(temp.resolve("model"));
    ByteBuffer data = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 8; i++) {
      data.putFloat(i);
    }
    Files.write(folder.resolve("weights.bin"), data.array());
    Files.write(temp.resolve("secret.bin"), data.array());
  }

  private Path model(String... keysAndValues) throws IOException {
    TensorProto.Builder t =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(1)
            .addDims(3)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      t.addExternalData(
          StringStringEntryProto.newBuilder()
              .setKey(keysAndValues[i])
              .setValue(keysAndValues[i + 1]));
    }
    ModelMaker maker =
        ModelMaker.opset(13)
            .input("x", 1, 3)
            .initializer(t.build())
            .node("Add", "x,w", "y")
            .output("y");
    Path file = folder.resolve("model.onnx");
    Files.write(file, maker.bytes());
    return file;
  }

  private void assertFails(String part, OnnxOptions options, String... keysAndValues)
      throws IOException {
    Path file = model(keysAndValues);
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(file, options)).getMessage();
    assertTrue(message.contains(part), message);
    assertTrue(message.contains("\"w\""), message);
  }

  private static float[] weights(Path file) {
    return OnnxModel.load(file, ALLOWED)
        .graph()
        .constants()
        .values()
        .iterator()
        .next()
        .data()
        .toArray();
  }

  @Test
  void readsWhereAllowed() throws IOException {
    assertArrayEquals(
        new float[] {2, 3, 4},
        weights(model("location", "weights.bin", "offset", "8", "length", "12")));
    assertArrayEquals(new float[] {0, 1, 2}, weights(model("location", "./weights.bin")));
    Files.createSymbolicLink(folder.resolve("inside.bin"), folder.resolve("weights.bin"));
    assertArrayEquals(new float[] {0, 1, 2}, weights(model("location", "inside.bin")));
  }

  @Test
  void isOffByDefault() throws IOException {
    assertFails("external data is off", OnnxOptions.defaults(), "location", "weights.bin");
    byte[] bytes = Files.readAllBytes(model("location", "weights.bin"));
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(bytes, ALLOWED)).getMessage();
    assertTrue(message.contains("load it by its path"), message);
  }

  @Test
  void staysInsideTheFolder() throws IOException {
    assertFails("must be a path below", ALLOWED, "location", "../secret.bin");
    assertFails("must be a path below", ALLOWED, "location", "a/../../secret.bin");
    assertFails("must be a path below", ALLOWED, "location", temp.resolve("secret.bin").toString());
    assertFails("must be a path below", ALLOWED, "location", "");
    assertFails("must be a path below", ALLOWED, "location", "..\\secret.bin");
    assertFails("is not a path", ALLOWED, "location", "a\0b");
    Files.createSymbolicLink(folder.resolve("link.bin"), temp.resolve("secret.bin"));
    assertFails("leads out of", ALLOWED, "location", "link.bin");
    Files.createSymbolicLink(folder.resolve("up"), temp);
    assertFails("leads out of", ALLOWED, "location", "up/secret.bin");
    Files.createDirectory(folder.resolve("sub"));
    assertFails("not a regular file", ALLOWED, "location", "sub");
    Files.createLink(folder.resolve("hard.bin"), temp.resolve("secret.bin"));
    assertFails("several hard links", ALLOWED, "location", "hard.bin");
    assertFails("cannot be read", ALLOWED, "location", "missing.bin");
  }

  @Test
  void checksOffsetLengthAndKeys() throws IOException {
    assertFails("but it has 32 bytes", ALLOWED, "location", "weights.bin", "offset", "24");
    assertFails(
        "but it has 32 bytes",
        ALLOWED,
        "location",
        "weights.bin",
        "offset",
        Long.toString(Long.MAX_VALUE));
    assertFails("negative", ALLOWED, "location", "weights.bin", "offset", "-4");
    assertFails("not a whole number", ALLOWED, "location", "weights.bin", "offset", "4.5");
    assertFails(
        "length 1000000000000", ALLOWED, "location", "weights.bin", "length", "1000000000000");
    assertFails("unknown or repeated key", ALLOWED, "location", "weights.bin", "__class__", "x");
    assertFails(
        "unknown or repeated key", ALLOWED, "location", "weights.bin", "location", "weights.bin");
  }
}
