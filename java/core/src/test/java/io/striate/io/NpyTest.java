package io.striate.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.tensor.DType;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
  @TempDir Path folder;

  private static byte[] npy(int version, String dict, byte[] data) {
    byte[] header = dict.getBytes(StandardCharsets.ISO_8859_1);
    int prefix = version == 1 ? 10 : 12;
    ByteBuffer out =
        ByteBuffer.allocate(prefix + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    if (version == 1) {
      out.putShort((short) header.length);
    } else {
      out.putInt(header.length);
    }
    return out.put(header).put(data).array();
  }

  private static String dict(String descr, String fortran, String shape) {
    return "{'descr': '"
        + descr
        + "', 'fortran_order': "
        + fortran
        + ", 'shape': "
        + shape
        + ", }   \n";
  }

  private Tensor read(byte[] bytes) throws IOException {
    return Npy.read(Files.write(folder.resolve("a.npy"), bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3", "2,3", "1,3,2,5"})
  void writesAndReadsBack(String dims) throws IOException {
    long[] shape =
        dims.isEmpty()
            ? new long[0]
            : Arrays.stream(dims.split(",")).mapToLong(Long::parseLong).toArray();
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(Shape.of(shape)));
    float[] values = new float[(int) tensor.shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 0.25f;
    }
    Path path = folder.resolve("w.npy");
    Npy.write(path, tensor.copyFrom(values));
    byte[] bytes = Files.readAllBytes(path);
    assertEquals(0, (bytes.length - 4 * values.length) % 64);
    assertEquals('\n', bytes[bytes.length - 4 * values.length - 1]);
    assertEquals(tensor.shape(), Npy.read(path).shape());
    assertArrayEquals(values, Npy.read(path).toArray());
  }

  @Test
  void headerIsTheOneOfNumpy() {
    String header =
        new String(Npy.header(Tensor.of(Shape.of(2, 1), 1, 2)), StandardCharsets.ISO_8859_1);
    assertTrue(
        header.startsWith(
            "\u0093NUMPY\u0001\u0000v\u0000{'descr': '<f4', 'fortran_order': False, 'shape': (2,"
                + " 1), }"));
    assertEquals(128, header.length());
    assertTrue(
        new String(Npy.header(Tensor.of(Shape.of(1), 1)), StandardCharsets.ISO_8859_1)
            .contains("(1,)"));
    assertTrue(
        new String(Npy.header(Tensor.of(Shape.of(), 1)), StandardCharsets.ISO_8859_1)
            .contains("()"));
  }

  @Test
  void writesAnyLayoutInRowMajorOrder() throws IOException {
    Shape shape = Shape.of(1, 3, 150, 70);
    Tensor tensor =
        Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape, Layout.channelsLast(shape, 4)));
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Npy.write(folder.resolve("w.npy"), tensor.copyFrom(values));
    assertArrayEquals(values, Npy.read(folder.resolve("w.npy")).toArray());
  }

  @Test
  void otherTypesAreNotWritten() {
    TensorDesc desc = new TensorDesc(DType.U8, Shape.of(1), Layout.rowMajor(Shape.of(1)));
    Tensor bytes = Tensor.allocate(Arena.ofAuto(), desc);
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> Npy.write(folder.resolve("w.npy"), bytes))
            .getMessage();
    assertTrue(message.contains("U8") && message.contains("toF32"), message);
    assertEquals(DType.F32, Conversions.toF32(bytes).desc().dtype());
  }

  @ParameterizedTest
  @CsvSource({
    "<f4, 0000c03f, 1.5",
    ">f4, 3fc00000, 1.5",
    "=f4, 0000c03f, 1.5",
    "<f8, 000000000000f83f, 1.5",
    ">f8, 3ff8000000000000, 1.5",
    "<f2, 003e, 1.5",
    "|u1, ff, 255",
    "|i1, ff, -1",
    "|b1, 02, 1",
    "<i2, feff, -2",
    ">i2, fffe, -2",
    "<u2, feff, 65534",
    "<i4, feffffff, -2",
    "<u4, ffffffff, 4294967296",
    "<i8, feffffffffffffff, -2",
    ">i8, fffffffffffffffe, -2",
    "<u8, ffffffffffffffff, 18446744073709551616"
  })
  void readsEveryType(String descr, String hex, float expected) throws IOException {
    byte[] data = HexFormat.of().parseHex(hex);
    for (int version = 1; version <= 3; version++) {
      Tensor tensor = read(npy(version, dict(descr, "False", "(1,)"), data));
      assertEquals(Shape.of(1), tensor.shape());
      assertEquals(expected, tensor.get(0));
    }
  }

  @Test
  void fortranOrderIsTransposed() throws IOException {
    byte[] data = new byte[24];
    for (int i = 0; i < 24; i++) {
      data[i] = (byte) i;
    }
    Tensor tensor = read(npy(1, dict("|u1", "True", "(2, 3, 4)"), data));
    assertEquals(Shape.of(2, 3, 4), tensor.shape());
    for (int a = 0; a < 2; a++) {
      for (int b = 0; b < 3; b++) {
        for (int c = 0; c < 4; c++) {
          assertEquals(a + 2 * (b + 3 * c), tensor.get(a, b, c));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "<f4; False; (2,); needs 8 bytes",
        "<f4; False; (0,); dimension 0 is 0",
        "<f4; False; (1; non-negative",
        "<f4; False; (1); comma",
        "<f4; False; (-1,); non-negative",
        "<f4; False; (9999999999999999999,); non-negative",
        "<f4; False; (1099511627776, 1099511627776); 2^40",
        "<f4; false; (1,); True, False",
        "<c8; False; (1,); '<c8'",
        "|f4; False; (1,); '|f4'",
        "f4; False; (1,); 'f4'",
        "``; False; (1,); ''",
        "<f4; False; 'x'; must hold",
        "<f4; False; (1,), 'x': (1,); must hold",
        "<f4; False; (1,), 'shape': (1,); duplicate"
      })
  void brokenHeadersAreNamed(String descr, String fortran, String shape, String expected) {
    byte[] bytes = npy(1, dict(descr, fortran, shape), new byte[4]);
    String message = assertThrows(StriateException.class, () -> read(bytes)).getMessage();
    assertTrue(message.contains(expected) && message.contains("a.npy"), message);
  }

  @Test
  void everyPrefixIsRefusedAndEveryHeaderFlipIsRefusedOrRead() throws IOException {
    Path path = folder.resolve("small.npy");
    Npy.write(path, Tensor.of(Shape.of(2, 2), 1, 2, 3, 4));
    byte[] bytes = Files.readAllBytes(path);
    for (int length = 0; length < bytes.length; length++) {
      byte[] prefix = Arrays.copyOf(bytes, length);
      assertThrows(StriateException.class, () -> read(prefix));
    }
    int read = 0;
    for (int at = 0; at < bytes.length - 16; at++) {
      for (int flip = 1; flip < 256; flip++) {
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) flip;
        try {
          assertTrue(Npy.read("a.npy", MemorySegment.ofArray(changed)).shape().elements() <= 16);
          read++;
        } catch (StriateException e) {
          assertTrue(e.getMessage().contains("a.npy"), e.getMessage());
        }
      }
    }
    assertTrue(read > 0);
  }

  @Test
  void archives() throws IOException {
    ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(buffer)) {
      for (String name : List.of("x.npy", "folder/y.npy")) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(npy(1, dict("<f4", "False", "()"), HexFormat.of().parseHex("0000c03f")));
      }
    }
    Path path = Files.write(folder.resolve("a.npz"), buffer.toByteArray());
    Map<String, Tensor> arrays = Npz.read(path);
    assertEquals(List.of("x", "folder/y"), List.copyOf(arrays.keySet()));
    assertEquals(1.5f, arrays.get("x").get());
    for (int length = 0; length < buffer.size(); length++) {
      Files.write(path, Arrays.copyOf(buffer.toByteArray(), length));
      assertThrows(StriateException.class, () -> Npz.read(path));
    }
    try (OutputStream out = Files.newOutputStream(path);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
    }
    String message = assertThrows(StriateException.class, () -> Npz.read(path)).getMessage();
    assertTrue(message.contains("readme.txt"), message);
  }

  @Test
  void readsStoredLogits() throws IOException {
    Tensor logits = Npy.read(TestData.require("models/resnet20-cifar10-test1000-logits.npy"));
    assertEquals(Shape.of(1000, 10), logits.shape());
    Tensor squeezenet =
        Npy.read(TestData.require("data/images/squeezenet1.1-logits-on-crop224.npy"));
    assertEquals(Shape.of(21, 1000), squeezenet.shape());
    int best = 0;
    for (int i = 1; i < 1000; i++) {
      best = squeezenet.get(0, i) > squeezenet.get(0, best) ? i : best;
    }
    assertEquals(1, best, "the first photograph is a goldfish");
  }

  @Test
  void onlyRegularFilesAreReplaced(@TempDir Path folder) throws IOException {
    Tensor tensor = Tensor.of(Shape.of(1), 1);
    Path sub = Files.createDirectory(folder.resolve("sub.npy"));
    String message = assertThrows(IOException.class, () -> Npy.write(sub, tensor)).getMessage();
    assertTrue(message.contains("sub.npy") && message.contains("no regular file"), message);
    assertTrue(Files.isDirectory(sub));
  }
}
