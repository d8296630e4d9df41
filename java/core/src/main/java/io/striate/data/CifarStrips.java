package io.striate.data;

import io.striate.StriateException;
import io.striate.image.Image;
import io.striate.image.ImageDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * CIFAR-10 as lossless strips: each PNG is 1024 pixels wide, and row i is image i, pixel x of it at
 * (x mod 32, x / 32). {@code train_NN.png} holds the training images from NN·1000 on, {@code
 * test_first1000.png} the first of the test images, {@code labels.bin} one byte for each of 50,000
 * training and then 1,000 test images. Strips that are not there are left out. All pixels are held
 * in memory, 3 KiB per image.
 */
public final class CifarStrips implements Dataset {
  static final String LABELS = "labels.bin";
  static final String TEST = "test_first1000.png";

  private static final int SIDE = 32;
  private static final int IMAGE_BYTES = SIDE * SIDE * 3;
  private static final int STRIP = 1000;
  private static final int TRAIN_IMAGES = 50_000;
  private static final int TEST_IMAGES = 1000;
  private static final Pattern TRAIN = Pattern.compile("train_(\\d\\d)\\.png");
  private static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private final String name;
  private final List<byte[]> strips;
  private final byte[] labels;

  private CifarStrips(String name, List<byte[]> strips, byte[] labels) {
    this.name = name;
    this.strips = strips;
    this.labels = labels;
  }

  /**
   * Reads one part of a folder.
   *
   * @throws IOException if a file cannot be read
   * @throws StriateException if a file is missing or damaged
   */
  public static CifarStrips open(Path folder, Split split) throws IOException {
    Path labelPath = folder.resolve(LABELS);
    byte[] all = Files.readAllBytes(labelPath);
    if (all.length != TRAIN_IMAGES + TEST_IMAGES) {
      throw new StriateException(
          labelPath
              + " has "
              + all.length
              + " bytes, not one for each of "
              + TRAIN_IMAGES
              + " training and "
              + TEST_IMAGES
              + " test images");
    }
    SortedMap<Integer, Path> files = split == Split.TRAIN ? trainFiles(folder) : new TreeMap<>();
    if (split == Split.TEST && Files.isRegularFile(folder.resolve(TEST))) {
      files.put(TRAIN_IMAGES, folder.resolve(TEST));
    }
    if (files.isEmpty()) {
      throw new StriateException(
          folder
              + " has no "
              + (split == Split.TRAIN ? "train_00.png to train_49.png" : TEST)
              + ", which the "
              + split
              + " part needs");
    }
    List<byte[]> strips = new ArrayList<>();
    byte[] labels = new byte[files.size() * STRIP];
    for (var file : files.entrySet()) {
      System.arraycopy(all, file.getKey(), labels, strips.size() * STRIP, STRIP);
      strips.add(readStrip(file.getValue()));
    }
    for (byte label : labels) {
      if (label < 0 || label >= CLASSES.size()) {
        throw new StriateException(
            labelPath + " holds label " + (label & 0xff) + "; CIFAR-10 has classes 0 to 9");
      }
    }
    return new CifarStrips(folder + " (" + split + ")", List.copyOf(strips), labels);
  }

  private static SortedMap<Integer, Path> trainFiles(Path folder) throws IOException {
    SortedMap<Integer, Path> out = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Matcher match = TRAIN.matcher(file.getFileName().toString());
        if (match.matches() && Integer.parseInt(match.group(1)) * STRIP < TRAIN_IMAGES) {
          out.put(Integer.parseInt(match.group(1)) * STRIP, file);
        }
      }
    }
    return out;
  }

  private static byte[] readStrip(Path path) throws IOException {
    Image strip = ImageDecoder.defaults().decode(path);
    if (strip.width() != SIDE * SIDE || strip.height() != STRIP || strip.channels() != 3) {
      throw new StriateException(
          path
              + " is a "
              + strip
              + "; a CIFAR strip is "
              + SIDE * SIDE
              + "x"
              + STRIP
              + " RGB, one image per row");
    }
    return strip.toByteArray();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Image image(int index) {
    Objects.checkIndex(index, size());
    return Image.of(SIDE, SIDE, 3, strips.get(index / STRIP), index % STRIP * IMAGE_BYTES);
  }

  @Override
  public int label(int index) {
    return labels[Objects.checkIndex(index, size())];
  }

  @Override
  public List<String> classes() {
    return CLASSES;
  }
}
