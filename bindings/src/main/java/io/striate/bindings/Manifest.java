package io.striate.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The list of native libraries of a platform, the resource {@code
 * io/striate/natives/PLATFORM/manifest.txt}: UTF-8, a line per file with its SHA-256 in 64 and its
 * CRC-32 in 8 lower-case hexadecimal digits, its size in bytes and its name, one space between.
 */
final class Manifest {
  /** One library. */
  record Entry(String name, long size, String sha256, long crc32) {}

  private static final Pattern LINE =
      Pattern.compile("([0-9a-f]{64}) ([0-9a-f]{8}) ([0-9]{1,15}) ([A-Za-z0-9_.+-]+)");

  private final Map<String, Entry> entries;

  private Manifest(Map<String, Entry> entries) {
    this.entries = entries;
  }

  static String resource(String platform, String file) {
    return "io/striate/natives/" + platform + "/" + file;
  }

  /** The manifest of a platform, or null when the class path has none. */
  static @Nullable Manifest find(ClassLoader resources, String platform) throws LoadFailure {
    String name = resource(platform, "manifest.txt");
    try (InputStream in = resources.getResourceAsStream(name)) {
      return in == null ? null : parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new LoadFailure(
          LoadResult.Reason.CORRUPT_RESOURCE, "resource " + name + " cannot be read: " + e);
    }
  }

  static Manifest parse(String resource, String text) throws LoadFailure {
    Map<String, Entry> entries = new LinkedHashMap<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher parts = LINE.matcher(line);
      if (!parts.matches() || parts.group(4).startsWith(".")) {
        throw new LoadFailure(
            LoadResult.Reason.CORRUPT_RESOURCE,
            "resource "
                + resource
                + ", line "
                + number
                + ": expected \"SHA256 CRC32 SIZE NAME\", found \""
                + line
                + "\"; rebuild the natives");
      }
      String name = parts.group(4);
      long crc32 = Long.parseLong(parts.group(2), 16);
      entries.put(name, new Entry(name, Long.parseLong(parts.group(3)), parts.group(1), crc32));
    }
    return new Manifest(entries);
  }

  @Nullable Entry entry(String file) {
    return entries.get(file);
  }
}
