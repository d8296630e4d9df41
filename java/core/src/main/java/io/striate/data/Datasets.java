package io.striate.data;

import io.striate.StriateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds out what kind of data set a folder holds. */
public final class Datasets {
  private static final List<String> TRAIN_FOLDERS = List.of("train", "training");
  private static final List<String> TEST_FOLDERS = List.of("test", "val", "valid", "validation");

  private Datasets() {}

  /** Opens a folder without a list of class names; see {@link #open(Path, Split, Optional)}. */
  public static Dataset open(Path folder, Split split) throws IOException {
    return open(folder, split, Optional.empty());
  }

  /**
   * Opens a folder, which must hold one of these, looked for in this order:
   *
   * <ol>
   *   <li>IDX files, see {@link IdxDataset};
   *   <li>CIFAR strips, see {@link CifarStrips};
   *   <li>pictures and {@code images.tsv}, see {@link ImageFiles#table}; both parts are the same;
   *   <li>a folder of pictures per class, see {@link ImageFiles#folders}, either right here, then
   *       both parts are the same, or in folders {@code train} and {@code test} (or {@code val}).
   * </ol>
   *
   * @param labels names of the classes of the model, for the two last kinds
   * @throws IOException if it cannot be read
   * @throws StriateException if it holds none of these, listing what was looked for, or what it
   *     holds is damaged
   */
  public static Dataset open(Path folder, Split split, Optional<ClassLabels> labels)
      throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new StriateException(
          folder + (Files.exists(folder) ? " is not a folder" : " does not exist"));
    }
    if (IdxDataset.findImages(folder, Split.TRAIN).isPresent()
        || IdxDataset.findImages(folder, Split.TEST).isPresent()) {
      return IdxDataset.open(folder, split);
    }
    if (Files.isRegularFile(folder.resolve(CifarStrips.LABELS))) {
      return CifarStrips.open(folder, split);
    }
    if (Files.isRegularFile(folder.resolve(ImageFiles.TABLE))) {
      return ImageFiles.table(folder, labels);
    }
    List<Path> folders = ImageFiles.list(folder, Files::isDirectory);
    Optional<Path> train = named(folders, TRAIN_FOLDERS);
    Optional<Path> test = named(folders, TEST_FOLDERS);
    if (train.isPresent() || test.isPresent()) {
      Path part =
          (split == Split.TRAIN ? train : test)
              .orElseThrow(
                  () ->
                      new StriateException(
                          folder
                              + " has no folder "
                              + (split == Split.TRAIN ? TRAIN_FOLDERS : TEST_FOLDERS)
                              + " for the "
                              + split
                              + " part, only "
                              + folders.stream().map(ImageFiles::fileName).toList()));
      return ImageFiles.folders(part, labels);
    }
    for (Path each : folders) {
      if (!ImageFiles.list(each, ImageFiles::isPicture).isEmpty()) {
        return ImageFiles.folders(folder, labels);
      }
    }
    throw new StriateException(
        folder
            + " holds no known kind of data set. Looked for: train-images-idx3-ubyte[.gz] or"
            + " t10k-images-idx3-ubyte[.gz] (MNIST), "
            + CifarStrips.LABELS
            + " with train_NN.png or "
            + CifarStrips.TEST
            + " (CIFAR strips), "
            + ImageFiles.TABLE
            + " (a table of pictures), folders named by class with pictures in"
            + " them, here or in train/ and test/");
  }

  private static Optional<Path> named(List<Path> folders, List<String> names) {
    return folders.stream()
        .filter(path -> names.contains(ImageFiles.fileName(path).toLowerCase(Locale.ROOT)))
        .findFirst();
  }
}
