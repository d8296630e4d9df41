package io.striate.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The repository and the data beside it. */
final class Places {
  private Places() {}

  /**
   * The repository root: the system property {@code striate.root}, else the nearest folder at or
   * above the working folder that holds {@code bench/shapes}.
   */
  static Path root() {
    String given = System.getProperty("striate.root");
    Path start = Path.of(given == null ? "" : given).toAbsolutePath().normalize();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("bench/shapes"))) {
        return at;
      }
    }
    throw new IllegalStateException(
        start
            + " lies in no checkout of Striate (no bench/shapes there or above); start in one or"
            + " set -Dstriate.root");
  }

  /** Models and data that are not part of the repository: STRIATE_DATA or {@code ../shared}. */
  static Path data() {
    String given = System.getenv("STRIATE_DATA");
    return given == null || given.isEmpty()
        ? root().resolve("../shared").normalize()
        : Path.of(given);
  }

  /**
   * The commit that is checked out, with {@code -dirty} if files differ that are no results and not
   * made of them; {@code unknown} outside of a checkout.
   */
  static String commit() {
    Optional<String> commit = git("rev-parse", "--short=12", "HEAD");
    Optional<String> changed =
        git(
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--",
            ".",
            ":(exclude)bench/results",
            ":(exclude)docs",
            ":(exclude)README.md");
    return commit
        .map(c -> changed.filter(String::isEmpty).isPresent() ? c : c + "-dirty")
        .orElse("unknown");
  }

  /** What git says; empty if it fails. */
  private static Optional<String> git(String... arguments) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    try {
      Process git =
          new ProcessBuilder(command).directory(root().toFile()).redirectErrorStream(true).start();
      git.getOutputStream().close();
      String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean done = git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0;
      return done ? Optional.of(answer.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
