package io.striate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * CPU time that the threads of this process use while nobody calls them, native threads included:
 * the first number of every thread's {@code schedstat} below {@code /proc/self/task} is its
 * nanoseconds on a CPU.
 */
final class IdleCpu {
  /** Pause after the last call, in which spinning threads may come to rest. */
  static final int SETTLE_MILLIS = 200;

  private static final long WINDOW_NANOS = 1_000_000_000L;
  private static final Path TASKS = Path.of("/proc/self/task");

  private IdleCpu() {}

  /** Percent of one core in the second that follows; NaN where the system does not tell. */
  static double percentOfOneCore() {
    pause(SETTLE_MILLIS * 1_000_000L);
    double before = nanos();
    long start = System.nanoTime();
    pause(WINDOW_NANOS);
    double used = nanos() - before;
    return 100 * used / (System.nanoTime() - start);
  }

  private static void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static double nanos() {
    if (!Files.isDirectory(TASKS)) {
      return Double.NaN;
    }
    try (Stream<Path> tasks = Files.list(TASKS)) {
      List<Path> all = tasks.toList();
      double sum = 0;
      for (Path task : all) {
        sum += nanos(task);
      }
      return sum;
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /** Of one thread; 0 if it ended meanwhile, NaN if the system keeps no such figure. */
  private static double nanos(Path task) throws IOException {
    try {
      String[] numbers = Files.readString(task.resolve("schedstat")).strip().split("\\s+", -1);
      return Double.parseDouble(numbers[0]);
    } catch (NoSuchFileException e) {
      return Files.exists(task) ? Double.NaN : 0;
    }
  }
}
