package io.striate.cli;

import java.nio.file.Path;

/**
 * Where data sets and trained models lie: the folder that STRIATE_DATA names, ../shared by default.
 */
final class DataFolder {
  private DataFolder() {}

  static Path path() {
    String set = System.getenv("STRIATE_DATA");
    return Path.of(set == null || set.isEmpty() ? "../shared" : set);
  }
}
