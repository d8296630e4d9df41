package io.striate.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.tensor.DType;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  private Path file(String header, byte... data) throws IOException {
    return file(header.getBytes(StandardCharsets.UTF_8), data);
  }

  private Path file(byte[] header, byte... data) throws IOException {
    ByteBuffer out =
        ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(header.length).put(header).put(data);
    return Files.write(folder.resolve("test.safetensors"), out.array());
  }

  private static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  @Test
  void writesAndReadsBack() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weight \"q\"", Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, Float.NEGATIVE_INFINITY));
    tensors.put("scalar", Tensor.of(Shape.of(), -0f));
    Path path = folder.resolve("a.safetensors");
    Safetensors.write(path, tensors, Map.of("z", "last", "a", "first\n"));
    byte[] bytes = Files.readAllBytes(path);
    try (Safetensors read = Safetensors.open(path)) {
      assertEquals(List.of("scalar", "weight \"q\""), List.copyOf(read.names()));
      assertEquals(Map.of("a", "first\n", "z", "last"), read.metadata());
      assertEquals(Shape.of(2, 3), read.tensor("weight \"q\"").shape());
      assertArrayEquals(
          tensors.get("weight \"q\"").toArray(), read.tensor("weight \"q\"").toArray());
      assertEquals(-0f, read.tensor("scalar").get());
      assertEquals(Shape.of(), read.tensor("scalar").shape());
      assertEquals(
          0, read.tensor("scalar").data().address() % 64, "the data begin at a multiple of 64");
    }
    Safetensors.write(path, Map.copyOf(tensors), Map.of("a", "first\n", "z", "last"));
    assertArrayEquals(bytes, Files.readAllBytes(path), "the same input gives the same bytes");
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(path), left.toList(), "no temporary file is left");
    }
  }

  @Test
  void writesAnyLayoutInRowMajorOrder() throws IOException {
    Shape shape = Shape.of(2, 3, 5, 7000);
    Tensor padded =
        Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape, Layout.channelsLast(shape, 16)));
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    padded.copyFrom(values);
    Path path = folder.resolve("a.safetensors");
    Safetensors.write(path, Map.of("t", padded), Map.of());
    assertArrayEquals(values, Safetensors.load(path).get("t").toArray());
  }

  @Test
  void loadedTensorsOfAllSizesLieApart() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < 30; i++) { // 21 MB: blocks of their own, shared blocks, reads in pieces
      Shape shape = i % 10 == 3 ? Shape.of(1_100_003 + i) : Shape.of(7, 1000 * i + 1);
      float[] values = new float[(int) shape.elements()];
      for (int k = 0; k < values.length; k++) {
        values[k] = i + k;
      }
      tensors.put("t" + i, Tensor.of(shape, values));
    }
    tensors.put(
        "bytes",
        Tensor.allocate(
            Arena.ofAuto(), new TensorDesc(DType.U8, Shape.of(3), Layout.rowMajor(Shape.of(3)))));
    Path path = folder.resolve("a.safetensors");
    Safetensors.write(path, tensors, Map.of());
    Map<String, Tensor> loaded = Safetensors.load(path);
    try (Safetensors file = Safetensors.open(path)) {
      assertEquals(List.copyOf(file.names()), List.copyOf(loaded.keySet()), "order of the file");
    }
    for (String name : tensors.keySet()) {
      assertEquals(0, loaded.get(name).data().address() % Tensor.ALIGNMENT, name);
    }
    for (int i = 0; i < 30; i++) { // whoever writes to one must leave the others
      assertArrayEquals(tensors.get("t" + i).toArray(), loaded.get("t" + i).toArray(), "t" + i);
      loaded.get("t" + i).data().fill((byte) -1);
    }
    assertArrayEquals(new float[3], loaded.get("bytes").toArray());
  }

  @Test
  void everyStriateTypeRoundTrips() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      Shape shape = Shape.of(3);
      Tensor tensor =
          Tensor.allocate(Arena.ofAuto(), new TensorDesc(dtype, shape, Layout.rowMajor(shape)));
      for (int i = 0; i < 3 * dtype.bytes(); i++) {
        tensor.data().set(ValueLayout.JAVA_BYTE, i, (byte) (17 * i + 1));
      }
      tensors.put(dtype.name(), tensor);
    }
    Path path = folder.resolve("a.safetensors");
    Safetensors.write(path, tensors, Map.of());
    try (Safetensors read = Safetensors.open(path)) {
      for (DType dtype : DType.values()) {
        Tensor tensor = read.tensor(dtype.name());
        assertEquals(dtype, tensor.desc().dtype());
        assertEquals(
            -1,
            tensors
                .get(dtype.name())
                .data()
                .asSlice(0, 3L * dtype.bytes())
                .mismatch(tensor.data()));
        assertEquals(0, tensor.data().address() % dtype.bytes(), dtype + " is aligned");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 0000c03f, 1.5",
    "F64, 000000000000f83f, 1.5",
    "F64, ffffffffffffef7f, Infinity",
    "F16, 003e, 1.5",
    "F16, 0100, 5.9604645E-8",
    "BF16, c03f, 1.5",
    "BF16, c0ff, NaN",
    "I8, ff, -1",
    "U8, ff, 255",
    "BOOL, 01, 1",
    "I16, feff, -2",
    "U16, feff, 65534",
    "I32, 01000001, 16777216",
    "I32, feffffff, -2",
    "U32, ffffffff, 4294967296",
    "I64, ffffffffffffffff, -1",
    "U64, ffffffffffffffff, 18446744073709551616",
    "U64, 0100000080000080, 9223373136366403584"
  })
  void convertsToF32(String dtype, String hex, float expected) throws IOException {
    byte[] data = java.util.HexFormat.of().parseHex(hex);
    Path path = file("{" + entry("t", dtype, "[1]", 0, data.length) + "}", data);
    assertEquals(expected, Safetensors.load(path).get("t").get(0));
    try (Safetensors read = Safetensors.open(path)) {
      assertEquals(expected, read.toF32("t").get(0));
      assertEquals(DType.F32, read.toF32("t").desc().dtype());
      if (List.of("BOOL", "I16", "U16", "U32", "U64").contains(dtype)) {
        String message =
            assertThrows(IllegalArgumentException.class, () -> read.tensor("t")).getMessage();
        assertTrue(message.contains(dtype) && message.contains("toF32"), message);
      } else {
        assertEquals(data.length, read.tensor("t").desc().dtype().bytes());
      }
    }
  }

  @Test
  void misalignedTensorsAreCopiedAlignedOnesAreViews() throws IOException {
    String header =
        "{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("b", "F32", "[1]", 1, 5) + "}";
    for (int pad = 0; pad < 8; pad++) {
      Path path =
          file(header + " ".repeat(pad), (byte) 1, (byte) 0, (byte) 0, (byte) 0xc0, (byte) 0x3f);
      try (Safetensors read = Safetensors.open(path)) {
        assertEquals(1.5f, read.tensor("b").get(0));
        assertEquals(0, read.tensor("b").data().address() % 4);
        assertTrue(read.tensor("a").data().isReadOnly());
      }
    }
  }

  @Test
  void closedFilesAreAnException() throws IOException {
    Path path = folder.resolve("a.safetensors");
    Safetensors.write(path, Map.of("t", Tensor.of(Shape.of(1), 1)), Map.of());
    Safetensors read = Safetensors.open(path);
    Tensor view = read.tensor("t");
    read.close();
    read.close();
    assertThrows(IllegalStateException.class, () -> view.get(0));
    String message = assertThrows(IllegalStateException.class, () -> read.tensor("t")).getMessage();
    assertTrue(message.contains("closed"), message);
  }

  @Test
  void emptyTensorsAndLargeRanksAreListedButRefused() throws IOException {
    Path path =
        file(
            "{"
                + entry("e", "F32", "[0,3]", 0, 0)
                + ","
                + entry("r", "U8", "[1,1,1,1,1,1,1,1,1]", 0, 1)
                + "}",
            (byte) 1);
    try (Safetensors read = Safetensors.open(path)) {
      assertEquals(List.of(0L, 3L), read.entry("e").shape());
      for (String name : List.of("e", "r")) {
        String message =
            assertThrows(IllegalArgumentException.class, () -> read.tensor(name)).getMessage();
        assertTrue(message.contains("\"" + name + "\""), message);
      }
      String message =
          assertThrows(IllegalArgumentException.class, () -> read.tensor("x")).getMessage();
      assertTrue(message.contains("\"x\"") && message.contains("\"e\""), message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|begin with '{'",
        "` {}`|begin with '{'",
        "{}|the file holds 4",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|cover 8 bytes",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}|duplicate"
            + " key",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}|inside"
            + " the tensor",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|gap",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}|begin <= end",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}|needs 8 bytes",
        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}|-1",
        "{'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}}|1.0",
        "{'a':{'dtype':'F32','shape':[9223372036854775807,4],'data_offsets':[0,4]}}|overflows",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,4]}}|data_offsets",
        "{'a':{'dtype':'F31','shape':[1],'data_offsets':[0,4]}}|F31",
        "{'a':{'dtype':32,'shape':[1],'data_offsets':[0,4]}}|dtype",
        "{'a':{'dtype':'F4','shape':[7],'data_offsets':[0,4]}}|whole bytes",
        "{'a':{'dtype':'F32','shape':[1]}}|fields",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}}|fields",
        "{'a':[]}|must be an object",
        "{'__metadata__':[]}|__metadata__",
        "{'__metadata__':{'k':1}}|'k' must be a string",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} x|follows the end"
      })
  void brokenRulesAreNamed(String header, String expected) throws IOException {
    Path path = file(header.replace('\'', '"').replace("'{'", "\"{\""), new byte[4]);
    String message =
        assertThrows(StriateException.class, () -> Safetensors.open(path)).getMessage();
    assertTrue(message.replace('"', '\'').contains(expected), message);
    assertTrue(message.contains("test.safetensors"), message);
  }

  @Test
  void headerLengthIsChecked() throws IOException {
    for (long length : new long[] {-1, Long.MIN_VALUE, 100_000_001, 3, 99_000_000}) {
      ByteBuffer out =
          ByteBuffer.allocate(10)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(length)
              .put((byte) '{')
              .put((byte) '}');
      Path path = Files.write(folder.resolve("x.safetensors"), out.array());
      String message =
          assertThrows(StriateException.class, () -> Safetensors.open(path)).getMessage();
      assertTrue(message.contains(Long.toUnsignedString(length)), message);
    }
  }

  private byte[] small() throws IOException {
    Path path = folder.resolve("small.safetensors");
    Safetensors.write(
        path,
        Map.of(
            "conv.weight",
            Tensor.of(Shape.of(2, 2), 1, 2, 3, 4),
            "conv.bias",
            Tensor.of(Shape.of(2), 5, 6)),
        Map.of("format", "striate"));
    return Files.readAllBytes(path);
  }

  @Test
  void everyPrefixIsRefused() throws IOException {
    byte[] bytes = small();
    for (int length = 0; length < bytes.length; length++) {
      Path path =
          Files.write(folder.resolve("p.safetensors"), java.util.Arrays.copyOf(bytes, length));
      assertThrows(
          StriateException.class, () -> Safetensors.open(path), "prefix of " + length + " bytes");
    }
  }

  @Test
  void everyHeaderBitFlipIsRefusedOrAValidFile() throws IOException {
    byte[] bytes = small();
    int headerEnd = bytes.length - 24;
    int refused = 0;
    int valid = 0;
    for (int at = 0; at < headerEnd; at++) {
      for (int flip = 1; flip < 256; flip++) {
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) flip;
        MemorySegment file = MemorySegment.ofArray(changed);
        try (Safetensors read = new Safetensors("f.safetensors", Arena.ofConfined(), file)) {
          for (String name : read.names()) {
            readBack(read, name);
          }
          valid++;
        } catch (StriateException e) {
          assertTrue(e.getMessage().contains("f.safetensors"), e.getMessage());
          refused++;
        }
      }
    }
    assertEquals(255 * headerEnd, refused + valid);
    assertTrue(valid > 0 && refused > valid / 2, refused + " refused, " + valid + " valid");
  }

  private static void readBack(Safetensors read, String name) {
    Safetensors.Entry entry = read.entry(name);
    try {
      long elements = read.toF32(name).toArray().length;
      assertEquals(
          entry.shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b), elements);
    } catch (IllegalArgumentException unsupported) {
      assertTrue(unsupported.getMessage().contains(name), unsupported.getMessage());
    }
  }

  @Test
  void failedWritesLeaveTheOldFile() throws IOException {
    Path path = Files.writeString(folder.resolve("a.safetensors"), "old");
    Arena arena = Arena.ofShared();
    Tensor gone = Tensor.allocate(arena, TensorDesc.f32(Shape.of(4)));
    arena.close();
    assertThrows(
        IllegalStateException.class, () -> Safetensors.write(path, Map.of("t", gone), Map.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> Safetensors.write(path, Map.of("__metadata__", Tensor.of(Shape.of(1), 1)), Map.of()));
    assertEquals("old", Files.readString(path));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(1, left.count());
    }
    Path missing = folder.resolve("no/such/a.safetensors");
    String message =
        assertThrows(IOException.class, () -> Safetensors.write(missing, Map.of(), Map.of()))
            .getMessage();
    assertTrue(message.contains("create it"), message);
    assertFalse(Files.exists(missing));
  }

  @ParameterizedTest
  @CsvSource({
    "lenet-mnist-caffe, 8, conv2.weight, 50x20x5x5, 431080",
    "resnet20-cifar10, 97, layer3.0.conv1.weight, 64x32x3x3, 0",
    "resnet32-cifar10, 157, linear.weight, 10x64, 0",
    "squeezenet1.1, 52, conv10.weight, 1000x512x1x1, 1235496"
  })
  void readsTheRealModels(String model, int tensors, String name, String shape, long parameters)
      throws IOException {
    Path path = TestData.require("models/" + model + ".safetensors");
    try (Safetensors read = Safetensors.open(path)) {
      assertEquals(tensors, read.names().size());
      assertFalse(read.metadata().isEmpty());
      assertEquals(shape, read.tensor(name).shape().toString());
      long elements = 0;
      for (String each : read.names()) {
        elements += read.tensor(each).shape().elements();
        for (float value : read.toF32(each).toArray()) {
          assertTrue(Float.isFinite(value), each);
        }
      }
      if (parameters > 0) {
        assertEquals(parameters, elements);
      }
      Map<String, Tensor> copy = Safetensors.load(path);
      Path again = folder.resolve("again.safetensors");
      Safetensors.write(again, copy, read.metadata());
      Map<String, Tensor> back = Safetensors.load(again);
      for (String each : read.names()) {
        assertArrayEquals(read.tensor(each).toArray(), back.get(each).toArray(), each);
      }
    }
  }
}
