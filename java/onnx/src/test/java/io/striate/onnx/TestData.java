package io.striate.onnx;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where tests find the models: STRIATE_DATA, by default ../shared beside the repository. */
final class TestData {
  private TestData() {}

  /** The file or folder, or the test is skipped with the reason. */
  static Path require(String relative) {
    String folder = System.getenv("STRIATE_DATA");
    String root = System.getProperty("striate.root", "");
    Path data =
        folder != null ? Path.of(folder) : Path.of(root).toAbsolutePath().resolveSibling("shared");
    Path path = data.resolve(relative);
    boolean there = Files.exists(path);
    if (!there) {
      System.out.println("skipped: " + relative + " is not in " + data + "; set STRIATE_DATA");
    }
    assumeTrue(there, () -> relative + " is not in " + data + "; set STRIATE_DATA");
    return path;
  }
}
