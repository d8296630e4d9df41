package io.striate.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.image.Image;
import io.striate.image.Preprocessing;
import io.striate.image.Preprocessor;
import io.striate.io.TestData;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatasetsTest {
  @TempDir Path folder;

  private static byte[] idx(int magic, int[] dims, int count) {
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * dims.length + count).putInt(magic);
    for (int dim : dims) {
      out.putInt(dim);
    }
    for (int i = 0; i < count; i++) {
      out.put((byte) (i % 5));
    }
    return out.array();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private void file(String name, byte[] bytes) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Files.write(folder.resolve(name), bytes);
  }

  private void picture(String name, int value) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Image.of(1, 1, 1, new byte[] {(byte) value}).writePng(folder.resolve(name));
  }

  private static void assertMessage(String expected, Executable code) {
    String message = assertThrows(StriateException.class, code).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void idxPlainAndCompressed() throws IOException {
    file("t10k-images-idx3-ubyte", idx(0x803, new int[] {3, 2, 4}, 24));
    file("t10k-labels-idx1-ubyte.gz", gzip(idx(0x801, new int[] {3}, 3)));
    Dataset set = Datasets.open(folder, Split.TEST);
    assertInstanceOf(IdxDataset.class, set);
    assertEquals(3, set.size());
    assertEquals(4, set.image(0).width());
    assertEquals(2, set.image(0).height());
    assertEquals((8 + 5) % 5, set.image(1).get(1, 1, 0));
    assertEquals(2, set.label(2));
    assertEquals("9", set.classes().get(9));
    assertThrows(IndexOutOfBoundsException.class, () -> set.image(3));
    assertThrows(IndexOutOfBoundsException.class, () -> set.label(-1));
    assertMessage("train-images-idx3-ubyte.gz", () -> Datasets.open(folder, Split.TRAIN));
    Files.writeString(folder.resolve("labels.txt"), "zero\none\n");
    assertMessage("label 2", () -> Datasets.open(folder, Split.TEST));
    Files.writeString(folder.resolve("labels.txt"), "zero\none\ntwo\n");
    assertEquals(List.of("zero", "one", "two"), Datasets.open(folder, Split.TEST).classes());
  }

  @Test
  void damagedIdxFilesAreNamed() throws IOException {
    byte[] images = idx(0x803, new int[] {3, 2, 4}, 24);
    file("train-labels.idx1-ubyte", idx(0x801, new int[] {3}, 3));
    for (boolean compressed : new boolean[] {false, true}) {
      Path path = folder.resolve("train-images-idx3-ubyte" + (compressed ? ".gz" : ""));
      byte[] file = compressed ? gzip(images) : images;
      for (int length = 0; length < file.length; length++) {
        Files.write(path, Arrays.copyOf(file, length));
        assertMessage(path.toString(), () -> Datasets.open(folder, Split.TRAIN));
      }
      for (byte[] wrong :
          List.of(
              idx(0x801, new int[] {3, 2, 4}, 24),
              idx(0x803, new int[] {3, 2, 4}, 25),
              idx(0x803, new int[] {3, 2, 0}, 0),
              idx(0x803, new int[] {3, -2, 4}, 24),
              idx(0x803, new int[] {0x7fffffff, 0x7fffffff, 0x7fffffff}, 24),
              idx(0x803, new int[] {4, 2, 3}, 24))) {
        Files.write(path, compressed ? gzip(wrong) : wrong);
        assertMessage(path.toString(), () -> Datasets.open(folder, Split.TRAIN));
      }
      Files.write(path, file);
      assertEquals(3, Datasets.open(folder, Split.TRAIN).size());
      Files.delete(path);
    }
  }

  @Test
  void folderPerClass() throws IOException {
    picture("cat/1.png", 1);
    picture("cat/2.png", 2);
    picture("ant/9.PNG", 3);
    Files.writeString(folder.resolve("cat/readme.txt"), "not a picture");
    picture(".hidden/1.png", 1);
    Dataset set = Datasets.open(folder, Split.TEST);
    assertEquals(List.of("ant", "cat"), set.classes());
    assertEquals(3, set.size());
    assertEquals(0, set.label(0));
    assertEquals(3, set.image(0).get(0, 0, 0));
    assertEquals(1, set.label(2));
    ClassLabels labels = ClassLabels.of(List.of("bee", "cat", "dog", "ant"));
    Dataset mapped = Datasets.open(folder, Split.TEST, Optional.of(labels));
    assertEquals(3, mapped.label(0));
    assertEquals(labels.names(), mapped.classes());
    assertMessage(
        "'ant'",
        () -> Datasets.open(folder, Split.TEST, Optional.of(ClassLabels.of(List.of("cat")))));
    Files.write(folder.resolve("ant/9.PNG"), new byte[] {1});
    assertMessage("9.PNG", () -> set.image(0));
    Files.delete(folder.resolve("ant/9.PNG"));
    assertMessage("9.PNG", () -> set.image(0));
  }

  @Test
  void trainAndTestFolders() throws IOException {
    picture("train/a/1.png", 1);
    picture("train/a/2.png", 1);
    picture("val/a/1.png", 1);
    assertEquals(2, Datasets.open(folder, Split.TRAIN).size());
    assertEquals(1, Datasets.open(folder, Split.TEST).size());
    Files.delete(folder.resolve("val/a/1.png"));
    assertMessage("no picture", () -> Datasets.open(folder, Split.TEST));
    Files.delete(folder.resolve("val/a"));
    Files.delete(folder.resolve("val"));
    assertMessage("[test, val", () -> Datasets.open(folder, Split.TEST));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "name,label;1.png,0|needs 'file'",
        "file,label|no pictures",
        "file,label;1.png|line 2",
        "file,label;1.png,0;2.png,0|'2.png'",
        "file,label;../1.png,0|'../1.png'",
        "file,label;1.png,x|'x'",
        "file,label;1.png,-2|-2",
        "file,label;1.png,2|class index 2"
      })
  void brokenTablesAreNamed(String table, String expected) throws IOException {
    picture("1.png", 1);
    Files.writeString(folder.resolve("labels.txt"), "a\nb\n");
    Files.writeString(folder.resolve("images.tsv"), table.replace(',', '\t').replace(';', '\n'));
    assertMessage(expected, () -> Datasets.open(folder, Split.TEST));
  }

  @Test
  void unknownFoldersSayWhatWasLookedFor() throws IOException {
    for (String expected :
        List.of("train-images-idx3-ubyte", "labels.bin", "images.tsv", "folders named by class")) {
      assertMessage(expected, () -> Datasets.open(folder, Split.TEST));
    }
    assertMessage("does not exist", () -> Datasets.open(folder.resolve("x"), Split.TEST));
    Path file = Files.createFile(folder.resolve("file"));
    assertMessage("not a folder", () -> Datasets.open(file, Split.TEST));
  }

  @Test
  void damagedStripsAreNamed() throws IOException {
    file("labels.bin", new byte[51_000]);
    assertMessage("test_first1000.png", () -> Datasets.open(folder, Split.TEST));
    assertMessage("train_00.png", () -> Datasets.open(folder, Split.TRAIN));
    picture("train_03.png", 1);
    assertMessage("1x1 grey", () -> Datasets.open(folder, Split.TRAIN));
    file("labels.bin", new byte[50_000]);
    assertMessage("50000 bytes", () -> Datasets.open(folder, Split.TRAIN));
  }

  @Test
  void batchesAndLimits() throws IOException {
    file("train-images-idx3-ubyte", idx(0x803, new int[] {3, 28, 28}, 3 * 784));
    file("train-labels-idx1-ubyte", idx(0x801, new int[] {3}, 3));
    Dataset set = Datasets.open(folder, Split.TRAIN);
    Preprocessor how = Preprocessing.mnist().newPreprocessor();
    Tensor images = Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(Shape.of(2, 1, 28, 28)));
    int[] labels = new int[2];
    set.batch(1, 2, how, images, labels);
    assertArrayEquals(new int[] {1, 2}, labels);
    for (int i = 0; i < 2; i++) {
      for (int y = 0; y < 28; y++) {
        for (int x = 0; x < 28; x++) {
          assertEquals(set.image(1 + i).get(x, y, 0) / 256f, images.get(i, 0, y, x));
        }
      }
    }
    assertThrows(IndexOutOfBoundsException.class, () -> set.batch(2, 2, how, images, labels));
    assertThrows(IllegalArgumentException.class, () -> set.batch(0, 2, how, images, new int[1]));
    assertThrows(IllegalArgumentException.class, () -> set.batch(0, 3, how, images, new int[3]));
    assertEquals(2, set.limit(2).size());
    assertEquals(1, set.limit(2).label(1));
    assertSame(set, set.limit(3));
    assertThrows(IndexOutOfBoundsException.class, () -> set.limit(2).image(2));
    assertThrows(IllegalArgumentException.class, () -> set.limit(0));
  }

  @ParameterizedTest
  @CsvSource({
    "mnist, TRAIN, 60000, 5, 0.1306605, 0.3081079, 4",
    "mnist, TEST, 10000, 7, 0, 0, 4",
    "fashion-mnist, TRAIN, 60000, 9, 0.2860406, 0.3530242, Coat",
    "fashion-mnist, TEST, 10000, 9, 0, 0, Coat"
  })
  void publishedIdxSets(
      String name,
      Split split,
      int size,
      int firstLabel,
      double mean,
      double deviation,
      String fourth)
      throws IOException {
    Dataset set = Datasets.open(TestData.require("data/" + name), split);
    assertEquals(size, set.size());
    assertEquals(firstLabel, set.label(0));
    assertEquals(fourth, set.classes().get(4));
    long[] perClass = new long[10];
    long sum = 0;
    long squares = 0;
    for (int i = 0; i < size; i++) {
      perClass[set.label(i)]++;
      for (byte pixel : set.image(i).toByteArray()) {
        sum += pixel & 0xff;
        squares += (long) (pixel & 0xff) * (pixel & 0xff);
      }
    }
    assertEquals(size, Arrays.stream(perClass).sum());
    if (name.startsWith("fashion")) {
      assertEquals(10, Arrays.stream(perClass).filter(n -> n == size / 10).count());
    }
    if (mean > 0) {
      double values = 784.0 * size;
      double measured = sum / values / 255;
      assertEquals(mean, measured, 2e-7);
      assertEquals(deviation, Math.sqrt(squares / values / 255 / 255 - measured * measured), 2e-7);
    }
  }

  @Test
  void cifarStripsHoldTheOfficialBatch() throws Exception {
    Path cifar = TestData.require("data/cifar10");
    Dataset train = Datasets.open(cifar, Split.TRAIN);
    assertEquals(0, train.size() % 1000);
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    for (int i = 0; i < 10_000; i++) {
      md5.update((byte) train.label(i));
      byte[] pixels = train.image(i).toByteArray();
      for (int c = 0; c < 3; c++) {
        for (int p = c; p < pixels.length; p += 3) {
          md5.update(pixels[p]);
        }
      }
    }
    assertEquals("5dd7e06a14cb22eb9f671a540d1b7c25", HexFormat.of().formatHex(md5.digest()));
    Dataset test = Datasets.open(cifar, Split.TEST);
    assertEquals(1000, test.size());
    assertEquals("cat", test.classes().get(test.label(0)));
    assertEquals(32, test.image(999).height());
  }

  @Test
  void photographsFromTheTable() throws IOException {
    Dataset set = Datasets.open(TestData.require("data/images"), Split.TEST);
    assertInstanceOf(ImageFiles.class, set);
    assertEquals(21, set.size());
    assertEquals("goldfish, Carassius auratus", set.classes().get(set.label(0)));
    assertEquals(376, set.image(0).width());
    assertEquals(Dataset.UNLABELLED, set.label(18));
  }
}
