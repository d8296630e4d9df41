package io.striate.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where tests find the models and data sets: STRIATE_DATA, by default ../shared beside the
 * repository.
 */
public final class TestData {
  private TestData() {}

  /** The file or folder, or the test is skipped with the reason. */
  public static Path require(String relative) {
    String folder = System.getenv("STRIATE_DATA");
    Path root = folder != null ? Path.of(folder) : repository().resolveSibling("shared");
    Path path = root.resolve(relative);
    if (!Files.exists(path)) {
      System.out.println("skipped: " + relative + " is not in " + root + "; set STRIATE_DATA");
    }
    assumeTrue(Files.exists(path), relative + " is not in " + root + "; set STRIATE_DATA");
    return path;
  }

  private static Path repository() {
    String root = System.getProperty("striate.root");
    return (root != null ? Path.of(root) : Path.of("").toAbsolutePath()).toAbsolutePath();
  }
}
