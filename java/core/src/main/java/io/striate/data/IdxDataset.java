package io.striate.data;

import io.striate.StriateException;
import io.striate.image.Image;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A folder of IDX files, gzip-compressed or not, as MNIST and Fashion-MNIST come: {@code
 * train-images-idx3-ubyte[.gz]}, {@code train-labels-idx1-ubyte[.gz]}, and the same with {@code
 * t10k}. Grey pictures, held in memory.
 *
 * <p>Classes are named by the lines of a {@code labels.txt} beside the files, or by the data set if
 * it is the published Fashion-MNIST, or by their numbers.
 *
 * <p>Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", file format.
 */
public final class IdxDataset implements Dataset {
  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;
  private static final List<String> FASHION =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** CRC-32 of the label bytes of the published Fashion-MNIST. */
  private static final Map<Long, List<String>> KNOWN_LABELS =
      Map.of(0x2ed6e46aL, FASHION, 0x242bc73fL, FASHION);

  private final String name;
  private final int width;
  private final int height;
  private final byte[] pixels;
  private final byte[] labels;
  private final List<String> classes;

  private IdxDataset(
      String name, int width, int height, byte[] pixels, byte[] labels, List<String> classes) {
    this.name = name;
    this.width = width;
    this.height = height;
    this.pixels = pixels;
    this.labels = labels;
    this.classes = classes;
  }

  private static String stem(Split split) {
    return split == Split.TRAIN ? "train" : "t10k";
  }

  /** The file of that kind, whichever of its usual spellings is there. */
  static Optional<Path> find(Path folder, Split split, String kind) {
    for (String separator : List.of("-", ".")) {
      for (String suffix : List.of("", ".gz")) {
        Path path = folder.resolve(stem(split) + "-" + kind.replace("*", separator) + suffix);
        if (Files.isRegularFile(path)) {
          return Optional.of(path);
        }
      }
    }
    return Optional.empty();
  }

  static Optional<Path> findImages(Path folder, Split split) {
    return find(folder, split, "images*idx3-ubyte");
  }

  /**
   * Reads one part of a folder.
   *
   * @throws IOException if a file cannot be read
   * @throws StriateException if a file is missing or damaged
   */
  public static IdxDataset open(Path folder, Split split) throws IOException {
    Path imagePath =
        findImages(folder, split).orElseThrow(() -> missing(folder, split, "images-idx3-ubyte"));
    Path labelPath =
        find(folder, split, "labels*idx1-ubyte")
            .orElseThrow(() -> missing(folder, split, "labels-idx1-ubyte"));
    Content images = read(imagePath, IMAGES_MAGIC, 3);
    Content labels = read(labelPath, LABELS_MAGIC, 1);
    if (images.dims[0] != labels.dims[0]) {
      throw new StriateException(
          imagePath
              + " has "
              + images.dims[0]
              + " pictures, but "
              + labelPath
              + " has "
              + labels.dims[0]
              + " labels");
    }
    return new IdxDataset(
        folder + " (" + split + ")",
        images.dims[2],
        images.dims[1],
        images.bytes,
        labels.bytes,
        classes(folder, labelPath, labels.bytes));
  }

  private static StriateException missing(Path folder, Split split, String kind) {
    return new StriateException(
        folder
            + " has no "
            + stem(split)
            + "-"
            + kind
            + " and no "
            + stem(split)
            + "-"
            + kind
            + ".gz, which the "
            + split
            + " part needs");
  }

  private static List<String> classes(Path folder, Path labelPath, byte[] labels)
      throws IOException {
    int highest = 0;
    for (byte label : labels) {
      highest = Math.max(highest, label & 0xff);
    }
    Path named = folder.resolve("labels.txt");
    if (Files.isRegularFile(named)) {
      List<String> names = ClassLabels.read(named).names();
      if (names.size() <= highest) {
        throw new StriateException(
            named
                + " names "
                + names.size()
                + " classes, but "
                + labelPath
                + " holds label "
                + highest);
      }
      return names;
    }
    CRC32 crc = new CRC32();
    crc.update(labels);
    List<String> known = KNOWN_LABELS.get(crc.getValue());
    return known != null
        ? known
        : IntStream.range(0, Math.max(10, highest + 1)).mapToObj(Integer::toString).toList();
  }

  private static final class Content {
    final int[] dims;
    final byte[] bytes;

    Content(int[] dims, byte[] bytes) {
      this.dims = dims;
      this.bytes = bytes;
    }
  }

  private static Content read(Path path, int magic, int rank) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        InputStream in =
            path.toString().endsWith(".gz") ? new GZIPInputStream(file, 1 << 16) : file) {
      byte[] header = in.readNBytes(4 + 4 * rank);
      if (header.length < 4 + 4 * rank) {
        throw damaged(path, "it ends inside its header");
      }
      ByteBuffer fields = ByteBuffer.wrap(header);
      int found = fields.getInt();
      if (found != magic) {
        throw damaged(path, String.format("it begins with 0x%08x, not with 0x%08x", found, magic));
      }
      int[] dims = new int[rank];
      long elements = 1;
      for (int i = 0; i < rank; i++) {
        dims[i] = fields.getInt();
        if (dims[i] < 1 || (elements *= dims[i]) > Integer.MAX_VALUE - 8) {
          throw damaged(path, "dimension " + i + " is " + Integer.toUnsignedString(dims[i]));
        }
      }
      byte[] bytes = in.readNBytes((int) elements);
      if (bytes.length < elements) {
        throw damaged(
            path, "it ends after " + bytes.length + " of " + elements + " bytes; copy it again");
      }
      if (in.read() >= 0) {
        throw damaged(path, "it goes on after the " + elements + " bytes that its header names");
      }
      return new Content(dims, bytes);
    } catch (ZipException | EOFException e) {
      throw new StriateException(
          path + " is not a valid IDX file: " + e.getMessage() + "; copy it again", e);
    }
  }

  private static StriateException damaged(Path path, String what) {
    return new StriateException(path + " is not a valid IDX file: " + what);
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
    return Image.of(width, height, 1, pixels, Objects.checkIndex(index, size()) * width * height);
  }

  @Override
  public int label(int index) {
    return labels[Objects.checkIndex(index, size())] & 0xff;
  }

  @Override
  public List<String> classes() {
    return classes;
  }
}
