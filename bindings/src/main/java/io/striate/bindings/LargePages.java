package io.striate.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Memory on the large pages of Linux: anonymous mappings that begin at a large page and ask for
 * them by {@code madvise(MADV_HUGEPAGE)}. One fault then brings 2 MB instead of 4 KB, and a stream
 * over them meets 512 times fewer TLB misses.
 *
 * <p>Source: mmap(2), madvise(2); Linux, Documentation/admin-guide/mm/transhuge.rst.
 */
public final class LargePages {
  static final Path SETTINGS = Path.of("/sys/kernel/mm/transparent_hugepage");

  /** Larger ones, as kernels with base pages of 64 KB have, would be wasted on most blocks. */
  private static final long MOST_PAGE_BYTES = 4 << 20;

  /** Those whose Linux has the constants below. */
  private static final Set<String> PROCESSORS = Set.of("amd64", "aarch64");

  private static final long PROT_READ_WRITE = 1 | 2;
  private static final long MAP_PRIVATE_ANONYMOUS = 0x2 | 0x20;
  private static final long MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;

  private static final int COLLECTION_WAITS = 20;
  private static final long COLLECTION_WAIT_NANOS = 2_000_000;

  /** What this process can have. */
  private static final LargePages HERE =
      of(
          SETTINGS,
          System.getProperty("os.name", ""),
          System.getProperty("os.arch", ""),
          LargePages.class.getModule(),
          Runtime.getRuntime().maxMemory());

  /** The functions of the C library, looked up when first used. */
  @SuppressWarnings("restricted") // this module is the one that is granted native access
  private static final class Calls {
    static final SymbolLookup C = Linker.nativeLinker().defaultLookup();
    static final MemorySegment MMAP = C.findOrThrow("mmap");
    static final MemorySegment MUNMAP = C.findOrThrow("munmap");
    static final MemorySegment MADVISE = C.findOrThrow("madvise");
  }

  private final long pageBytes;
  private final Optional<String> unavailable;

  /** Bytes of blocks that were not given back yet. */
  private final AtomicLong live = new AtomicLong();

  private final long leastCollected;
  private volatile long collectAt;

  private LargePages(long pageBytes, Optional<String> unavailable, long leastCollected) {
    this.pageBytes = pageBytes;
    this.unavailable = unavailable;
    this.leastCollected = leastCollected;
    this.collectAt = leastCollected;
  }

  private static LargePages absent(String reason) {
    return new LargePages(0, Optional.of(reason), 0);
  }

  /**
   * What a process can have under these settings.
   *
   * @param leastCollected bytes of live blocks from which on the collector looks for unused ones
   */
  static LargePages of(
      Path settings, String system, String processor, Module module, long leastCollected) {
    if (!system.equals("Linux") || !PROCESSORS.contains(processor)) {
      return absent("they are not used on " + system + " " + processor);
    }
    if (!module.isNativeAccessEnabled()) {
      return absent(
          "native access is not allowed; start java with --enable-native-access="
              + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
    }
    Path enabled = settings.resolve("enabled");
    Path size = settings.resolve("hpage_pmd_size");
    try {
      String mode = Files.readString(enabled).strip();
      if (mode.contains("[never]")) {
        return absent(enabled + " says never; madvise or always allow them");
      }
      String text = Files.readString(size).strip();
      long bytes = Long.parseLong(text);
      return bytes > 0 && bytes <= MOST_PAGE_BYTES && Long.bitCount(bytes) == 1
          ? new LargePages(bytes, Optional.empty(), leastCollected)
          : absent("a large page has " + bytes + " bytes here, too many for most blocks");
    } catch (IOException e) {
      return absent("the system does not tell of them: " + e);
    } catch (NumberFormatException e) {
      return absent(size + " holds no number");
    }
  }

  /** What this process can have. */
  public static LargePages here() {
    return HERE;
  }

  /** Why there are none, or empty. */
  public Optional<String> unavailable() {
    return unavailable;
  }

  /** Bytes of a large page; 0 if there are none. */
  public long pageBytes() {
    return pageBytes;
  }

  /** Bytes of blocks that were not given back yet. */
  long liveBytes() {
    return live.get();
  }

  /**
   * A zeroed block that begins at a large page. Its pages are taken from the system when they are
   * first written. What lies behind the last whole large page lies on another one if it fills at
   * least half of it, else on small pages: less than a third of a block is wasted.
   *
   * <p>Blocks of automatic arenas are given back when the collector finds them, and the heap tells
   * it nothing of their size. So it is called when live blocks come to take more than the largest
   * heap, as the JDK does for its own off-heap memory, and again when they have doubled since.
   *
   * @param bytes at least a large page
   * @param arena gives the block back when it is closed
   * @return empty if the system has no such block; it may have one of small pages
   * @throws IllegalStateException if there are no large pages, or the arena is closed
   */
  @SuppressWarnings("restricted") // this module is the one that is granted native access
  public Optional<MemorySegment> allocate(long bytes, Arena arena) {
    if (unavailable.isPresent()) {
      throw new IllegalStateException("no large pages: " + unavailable.get());
    }
    if (bytes < pageBytes || bytes > Long.MAX_VALUE - 2 * pageBytes) {
      throw new IllegalArgumentException(
          "a block of " + bytes + " bytes cannot lie on large pages of " + pageBytes);
    }
    long mapped = bytes + 2 * pageBytes; // room to begin at a page and to fill the last one
    if (live.get() + mapped > collectAt) {
      collect(mapped);
    }
    long base = map(mapped);
    if (base == MAP_FAILED) {
      return Optional.empty();
    }
    live.addAndGet(mapped);
    long begin = (base + pageBytes - 1) & -pageBytes;
    // A wish: whatever the system answers, the block can be used.
    long _ = advise(begin, (bytes + pageBytes / 2) & -pageBytes);
    try {
      return Optional.of(
          MemorySegment.ofAddress(begin).reinterpret(bytes, arena, _ -> release(base, mapped)));
    } catch (RuntimeException | Error e) { // a closed arena
      release(base, mapped);
      throw e;
    }
  }

  private synchronized void collect(long wanted) {
    if (live.get() + wanted <= collectAt) {
      return;
    }
    System.gc();
    // A thread of its own gives back what was found.
    for (int i = 0; i < COLLECTION_WAITS && live.get() + wanted > collectAt; i++) {
      LockSupport.parkNanos(COLLECTION_WAIT_NANOS);
    }
    collectAt = Math.max(leastCollected, 2 * (live.get() + wanted));
  }

  private void release(long base, long bytes) {
    unmap(base, bytes);
    live.addAndGet(-bytes);
  }

  private static long map(long bytes) {
    return Downcall.call(Calls.MMAP, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  }

  private static long advise(long begin, long bytes) {
    return Downcall.call(Calls.MADVISE, begin, bytes, MADV_HUGEPAGE);
  }

  private static void unmap(long base, long bytes) {
    Downcall.call(Calls.MUNMAP, base, bytes);
  }
}
