package io.striate.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LargePagesTest {
  private static final Module ALLOWED = LargePages.class.getModule();

  @TempDir Path settings;

  private LargePages of(String enabled, String size) throws IOException {
    Files.writeString(settings.resolve("enabled"), enabled + "\n");
    Files.writeString(settings.resolve("hpage_pmd_size"), size + "\n");
    return LargePages.of(settings, "Linux", "amd64", ALLOWED, 1L << 40);
  }

  private static String reason(LargePages pages) {
    assertEquals(0, pages.pageBytes());
    return pages.unavailable().orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"always [madvise] never", "[always] madvise never"})
  void areThereWhereTheSystemAllowsThem(String enabled) throws IOException {
    LargePages pages = of(enabled, "2097152");
    assertEquals(Optional.empty(), pages.unavailable());
    assertEquals(2 << 20, pages.pageBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "always madvise [never],2097152,says never",
    "always [madvise] never,536870912,has 536870912 bytes",
    "always [madvise] never,0,has 0 bytes",
    "always [madvise] never,many,holds no number"
  })
  void otherwiseTheReasonIsTold(String enabled, String size, String words) throws IOException {
    assertTrue(reason(of(enabled, size)).contains(words), reason(of(enabled, size)));
  }

  @Test
  void otherSystemsAndModulesHaveNone() {
    String other = reason(LargePages.of(settings, "Windows 11", "amd64", ALLOWED, 1L << 40));
    assertTrue(other.contains("Windows 11"), other);
    assertTrue(
        reason(LargePages.of(settings, "Linux", "amd64", ALLOWED, 1L << 40))
            .contains("does not tell"));
    Module stranger = new ClassLoader() {}.getUnnamedModule();
    Skip.unless(!stranger.isNativeAccessEnabled(), "every module has native access here");
    String access = reason(LargePages.of(settings, "Linux", "amd64", stranger, 1L << 40));
    assertTrue(access.contains("--enable-native-access=ALL-UNNAMED"), access);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 1 << 20, (1 << 20) - 1, (2 << 20) - 1})
  void blocksBeginAtALargePageAndAskForThem(long more) throws IOException {
    LargePages pages = LargePages.here();
    Skip.unless(pages.unavailable().isEmpty(), pages.unavailable().orElse(""));
    long page = pages.pageBytes();
    long bytes = 2 * page + more;
    MemorySegment block;
    try (Arena arena = Arena.ofShared()) {
      block = pages.allocate(bytes, arena).orElseThrow();
      assertEquals(bytes, block.byteSize());
      assertEquals(0, block.address() % page);
      assertEquals(-1, block.mismatch(MemorySegment.ofArray(new byte[(int) bytes])));
      block.fill((byte) -1);
      assertTrue(isAdvised(block.address()), "no large pages are asked for");
      boolean half = more >= page / 2;
      assertEquals(half, isAdvised(block.address() + 2 * page), "the part of a large page");
    }
    assertThrows(IllegalStateException.class, () -> block.get(ValueLayout.JAVA_BYTE, 0));
    assertFalse(isAdvised(block.address()), "the block was not given back");
  }

  @Test
  void wrongSizesAreErrors() {
    LargePages pages = LargePages.here();
    Skip.unless(pages.unavailable().isEmpty(), pages.unavailable().orElse(""));
    for (long bytes : new long[] {-1, 0, pages.pageBytes() - 1, Long.MAX_VALUE}) {
      assertThrows(
          IllegalArgumentException.class, () -> pages.allocate(bytes, Arena.ofAuto()), "" + bytes);
    }
    assertEquals(Optional.empty(), pages.allocate(1L << 60, Arena.ofAuto()), "more than there is");
  }

  @Test
  void aClosedArenaGetsNoBlockAndNoneIsLost() {
    LargePages pages = LargePages.here();
    Skip.unless(pages.unavailable().isEmpty(), pages.unavailable().orElse(""));
    Arena closed = Arena.ofShared();
    closed.close();
    long before = pages.liveBytes();
    assertThrows(IllegalStateException.class, () -> pages.allocate(pages.pageBytes(), closed));
    assertEquals(before, pages.liveBytes());
  }

  @Test
  void blocksThatNobodyUsesAreCollectedBeforeTheyFillTheMemory() {
    Skip.unless(
        LargePages.here().unavailable().isEmpty(), LargePages.here().unavailable().orElse(""));
    long block = 64L << 20;
    LargePages pages =
        LargePages.of(
            LargePages.SETTINGS,
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            ALLOWED,
            4 * block);
    for (int i = 0; i < 64; i++) { // 4 GB of addresses; no page is touched
      assertTrue(pages.allocate(block, Arena.ofAuto()).isPresent());
    }
    assertTrue(pages.liveBytes() <= 16 * block, pages.liveBytes() + " bytes are live");
  }

  /** Whether the mapping around an address has the flag of MADV_HUGEPAGE. */
  private static boolean isAdvised(long address) throws IOException {
    return mapping(address).stream().anyMatch(l -> l.matches("VmFlags:.* hg\\b.*"));
  }

  /** What the system tells of the mapping around an address. */
  private static List<String> mapping(long address) throws IOException {
    List<String> all = Files.readAllLines(Path.of("/proc/self/smaps"));
    for (int i = 0; i < all.size(); i++) {
      String line = all.get(i);
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        String[] ends = line.substring(0, line.indexOf(' ')).split("-", -1);
        if (Long.parseUnsignedLong(ends[0], 16) <= address
            && address < Long.parseUnsignedLong(ends[1], 16)) {
          int end = i + 1;
          while (end < all.size() && !all.get(end).startsWith("VmFlags:")) {
            end++;
          }
          return all.subList(i, end + 1);
        }
      }
    }
    return List.of();
  }
}
