package io.striate.data;

import io.striate.StriateException;
import io.striate.image.Image;
import io.striate.image.ImageDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Pictures in files of their own, decoded when they are asked for. */
public final class ImageFiles implements Dataset {
  static final String TABLE = "images.tsv";

  private static final List<String> SUFFIXES = List.of(".jpg", ".jpeg", ".png", ".gif", ".bmp");
  private static final List<String> LABEL_COLUMNS =
      List.of("label", "class", "class_index", "imagenet_class_index");
  private static final List<String> NAME_FILES = List.of("labels.txt", "imagenet_synset_words.txt");

  private record Item(Path path, int label) {}

  private final String name;
  private final List<Item> items;
  private final List<String> classes;

  private ImageFiles(String name, List<Item> items, List<String> classes) {
    this.name = name;
    this.items = List.copyOf(items);
    this.classes = classes;
  }

  /**
   * A folder with one folder of pictures per class. Without {@code labels} the classes are the
   * folders in the order of their names; with them a folder's name must be the id or the name of a
   * class, and the label is that class.
   *
   * @throws IOException if the folders cannot be listed
   * @throws StriateException if there are no pictures, or a folder names no class
   */
  public static ImageFiles folders(Path folder, Optional<ClassLabels> labels) throws IOException {
    List<Path> classFolders = list(folder, Files::isDirectory);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < classFolders.size(); i++) {
      String className = fileName(classFolders.get(i));
      int label = i;
      if (labels.isPresent()) {
        label =
            labels
                .get()
                .indexOf(className)
                .orElseThrow(
                    () ->
                        new StriateException(
                            folder
                                + ": folder '"
                                + className
                                + "' is neither the id nor the name of one of the "
                                + labels.get().size()
                                + " classes; rename it, or leave the class list out"));
      }
      for (Path file : list(classFolders.get(i), ImageFiles::isPicture)) {
        items.add(new Item(file, label));
      }
    }
    if (items.isEmpty()) {
      throw new StriateException(
          folder
              + " has "
              + classFolders.size()
              + " folders, but no picture ("
              + String.join(" ", SUFFIXES)
              + ") in them");
    }
    List<String> names =
        labels
            .map(ClassLabels::names)
            .orElse(classFolders.stream().map(ImageFiles::fileName).toList());
    return new ImageFiles(folder.toString(), items, names);
  }

  /**
   * A folder with pictures and a table {@code images.tsv}: tab-separated, a header line, a column
   * {@code file} and a column {@code label}, {@code class}, {@code class_index} or {@code
   * imagenet_class_index} with the class index, -1 where there is none. Classes are named by {@code
   * labels}, or by {@code labels.txt} or {@code imagenet_synset_words.txt} in the folder.
   *
   * @throws IOException if the table cannot be read
   * @throws StriateException if a line is malformed or names a file that is not there
   */
  public static ImageFiles table(Path folder, Optional<ClassLabels> known) throws IOException {
    Path table = folder.resolve(TABLE);
    List<String> lines = Files.readAllLines(table);
    List<String> header = lines.isEmpty() ? List.of() : List.of(lines.getFirst().split("\t", -1));
    int fileColumn = header.indexOf("file");
    int labelColumn =
        LABEL_COLUMNS.stream().mapToInt(header::indexOf).filter(i -> i >= 0).findFirst().orElse(-1);
    if (fileColumn < 0 || labelColumn < 0) {
      throw new StriateException(
          table + " has columns " + header + "; it needs 'file' and one of " + LABEL_COLUMNS);
    }
    List<String> names = known.map(ClassLabels::names).orElse(List.of());
    for (String each : NAME_FILES) {
      if (names.isEmpty() && Files.isRegularFile(folder.resolve(each))) {
        names = ClassLabels.read(folder.resolve(each)).names();
      }
    }
    List<Item> items = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        items.add(
            item(
                folder,
                table + ", line " + (i + 1),
                lines.get(i),
                fileColumn,
                labelColumn,
                names.size()));
      }
    }
    if (items.isEmpty()) {
      throw new StriateException(table + " names no pictures");
    }
    return new ImageFiles(folder.toString(), items, names);
  }

  private static Item item(
      Path folder, String where, String line, int fileColumn, int labelColumn, int classes) {
    String[] columns = line.split("\t", -1);
    if (columns.length <= Math.max(fileColumn, labelColumn)) {
      throw new StriateException(where + ": " + columns.length + " columns are too few");
    }
    Path file = folder.resolve(columns[fileColumn]).normalize();
    if (!file.startsWith(folder.normalize()) || !Files.isRegularFile(file)) {
      throw new StriateException(
          where + ": '" + columns[fileColumn] + "' is not a file in " + folder);
    }
    int label;
    try {
      label = Integer.parseInt(columns[labelColumn]);
    } catch (NumberFormatException e) {
      throw new StriateException(
          where + ": '" + columns[labelColumn] + "' is not a class index", e);
    }
    if (label < UNLABELLED || (classes > 0 && label >= classes)) {
      throw new StriateException(
          where + ": class index " + label + " is outside -1 to " + (classes - 1));
    }
    return new Item(file, label);
  }

  static boolean isPicture(Path path) {
    String lower = fileName(path).toLowerCase(Locale.ROOT);
    return SUFFIXES.stream().anyMatch(lower::endsWith) && Files.isRegularFile(path);
  }

  static String fileName(Path path) {
    return String.valueOf(path.getFileName());
  }

  /** Visible entries that pass the test, sorted by name. */
  static List<Path> list(Path folder, Predicate<Path> test) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> !fileName(path).startsWith(".") && test.test(path))
          .sorted(Comparator.comparing(ImageFiles::fileName))
          .toList();
    }
  }

  /** The file of a picture. */
  public Path path(int index) {
    return items.get(Objects.checkIndex(index, size())).path();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return items.size();
  }

  @Override
  public Image image(int index) {
    Path path = path(index);
    try {
      return ImageDecoder.defaults().decode(path);
    } catch (IOException e) {
      throw new StriateException("cannot read " + path + ": " + e, e);
    }
  }

  @Override
  public int label(int index) {
    return items.get(Objects.checkIndex(index, size())).label();
  }

  @Override
  public List<String> classes() {
    return classes;
  }
}
