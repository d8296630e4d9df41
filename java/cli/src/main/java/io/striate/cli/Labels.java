package io.striate.cli;

import io.striate.data.ClassLabels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Names of classes: from --labels, else from the usual file beside the pictures or in the data
 * folder.
 */
final class Labels {
  static final String USUAL = "imagenet_synset_words.txt";
  static final int IMAGENET_CLASSES = 1000;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description =
          "Class names: one per line, synset words, or a JSON list (else "
              + USUAL
              + " where it is found).")
  private Optional<Path> file = Optional.empty();

  /** The names for a model with {@code classes} classes; empty if none are known. */
  Optional<ClassLabels> find(int classes, List<Path> pictures) throws IOException {
    if (file.isPresent()) {
      ClassLabels labels = ClassLabels.read(file.get());
      if (labels.size() != classes) {
        throw new IllegalArgumentException(
            file.get()
                + " names "
                + labels.size()
                + " classes, but the model has "
                + classes
                + "; give the list that fits");
      }
      return Optional.of(labels);
    }
    if (classes != IMAGENET_CLASSES) {
      return Optional.empty();
    }
    List<Path> folders = new ArrayList<>();
    for (Path p : pictures) {
      Path parent = p.toAbsolutePath().getParent();
      if (parent != null && !folders.contains(parent)) {
        folders.add(parent);
      }
    }
    folders.add(DataFolder.path().resolve("data").resolve("images"));
    for (Path folder : folders) {
      Path candidate = folder.resolve(USUAL);
      if (Files.isRegularFile(candidate)) {
        return Optional.of(ClassLabels.read(candidate));
      }
    }
    return Optional.empty();
  }
}
