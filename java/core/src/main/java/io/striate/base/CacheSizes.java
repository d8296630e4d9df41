package io.striate.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Sizes of the processor's caches, for the cutting of work. Results must not depend on them.
 *
 * <p>Source: Linux, Documentation/ABI/testing/sysfs-devices-system-cpu.
 */
public final class CacheSizes {
  private static final long DEFAULT_L2 = 1 << 20;
  private static final long LARGE_L2 = 2 << 20;
  private static final long L2 = l2(Path.of("/sys/devices/system/cpu/cpu0/cache"));

  private CacheSizes() {}

  /** Bytes of a core's L2; 1 MB where the system does not say. */
  public static long l2() {
    return L2;
  }

  /** Whether L2 has room for what is fetched early, 2 MB at least: ADR 12 and 15. */
  public static boolean hasLargeL2() {
    return L2 >= LARGE_L2;
  }

  static long l2(Path folder) {
    for (int i = 0; Files.isDirectory(folder.resolve("index" + i)); i++) {
      Path index = folder.resolve("index" + i);
      try {
        if (Files.readString(index.resolve("level")).strip().equals("2")) {
          String size = Files.readString(index.resolve("size")).strip();
          return size.matches("\\d{1,7}K")
              ? Long.parseLong(size.substring(0, size.length() - 1)) << 10
              : DEFAULT_L2;
        }
      } catch (IOException e) {
        return DEFAULT_L2;
      }
    }
    return DEFAULT_L2;
  }
}
