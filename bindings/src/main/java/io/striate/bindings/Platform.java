package io.striate.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Names this machine's platform as the folders of the natives do: {@code linux-x86_64}. */
final class Platform {
  private Platform() {}

  static String current() {
    return name(System.getProperty("os.name"), System.getProperty("os.arch"), usesMusl());
  }

  static String name(String os, String arch, boolean musl) {
    String lower = os.toLowerCase(Locale.ROOT);
    String system;
    if (lower.startsWith("linux")) {
      system = musl ? "linux-musl" : "linux";
    } else if (lower.startsWith("mac")) {
      system = "macos";
    } else if (lower.startsWith("windows")) {
      system = "windows";
    } else {
      system = lower.replaceAll("[^a-z0-9]+", "");
    }
    String processor =
        switch (arch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64", "x64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          default -> arch.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]+", "");
        };
    return system + "-" + processor;
  }

  /** Whether this JVM runs on musl, whose loader refuses libraries made for glibc. */
  private static boolean usesMusl() {
    Path maps = Path.of("/proc/self/maps");
    if (!Files.isReadable(maps)) {
      return false;
    }
    try {
      return new String(Files.readAllBytes(maps), StandardCharsets.ISO_8859_1)
          .contains("/ld-musl-");
    } catch (IOException e) {
      return false;
    }
  }
}
