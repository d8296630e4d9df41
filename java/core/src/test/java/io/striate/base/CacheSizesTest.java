package io.striate.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheSizesTest {
  @TempDir private Path folder;

  private void write(int index, String level, String size) throws IOException {
    Path cache = Files.createDirectory(folder.resolve("index" + index));
    Files.writeString(cache.resolve("level"), level + "\n");
    Files.writeString(cache.resolve("size"), size + "\n");
  }

  @ParameterizedTest
  @CsvSource({"2048K, 2097152", "512K, 524288", "2M, 1048576", "'', 1048576", "-4K, 1048576"})
  void theSizeIsThatOfLevel2(String size, long bytes) throws IOException {
    write(0, "1", "48K");
    write(1, "1", "32K");
    write(2, "2", size);
    write(3, "3", "32768K");
    assertEquals(bytes, CacheSizes.l2(folder));
  }

  @Test
  void whatTheSystemDoesNotTellIsOneMegabyte() throws IOException {
    assertEquals(1 << 20, CacheSizes.l2(folder.resolve("absent")));
    write(0, "1", "48K");
    assertEquals(1 << 20, CacheSizes.l2(folder), "no level 2");
    Files.createDirectory(folder.resolve("index1"));
    assertEquals(1 << 20, CacheSizes.l2(folder), "an empty folder");
  }

  @Test
  void thisMachineHasAnL2() {
    assertTrue(CacheSizes.l2() >= 128 << 10, "L2 of " + CacheSizes.l2() + " bytes");
  }
}
