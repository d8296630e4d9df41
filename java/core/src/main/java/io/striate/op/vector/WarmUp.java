package io.striate.op.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Gets generated kernels compiled by C2 before they are needed.
 *
 * <p>Interpreted, a vector operation is a dozen calls and an allocation, some thousand times slower
 * than compiled; C1 does not help (it runs out of registers on a micro-kernel). Left to itself, the
 * first image of a network would take seconds. So every new kernel is called on a small problem
 * until the JIT's thresholds are passed (600 calls and 15,000 calls and loop turns), which puts it
 * into C2's queue while the model is still being compiled; and when kernels are bound to memory,
 * {@link #await} waits until those that are queued run at speed. What does not get there in time is
 * only slow, not wrong.
 *
 * <p>{@value #PATIENCE} says how long a process waits in vain at most.
 */
final class WarmUp {
  /**
   * Inner loop turns that a call should make: few enough to stay below the threshold of on-stack
   * replacement.
   */
  static final int TURNS = 24;

  private static final int CALLS = 640;

  /** The JIT starts to count late: short kernels get more calls, for some milliseconds. */
  private static final int MOST_CALLS = 4 * CALLS;

  private static final long CALLS_NANOS = TimeUnit.MILLISECONDS.toNanos(8);
  private static final int BATCH = 64;

  /** Compiled, a call takes some hundred nanoseconds; with boxed vectors several thousand. */
  private static final long COMPILED_NANOS = 2_000;

  /** The system property with the seconds that all waits in vain of a process may take. */
  static final String PATIENCE = "striate.vector.patience";

  private static final int PATIENCE_SECONDS = 45;

  private static final Queue<Pending> PENDING = new ConcurrentLinkedQueue<>();
  private static volatile long patience = TimeUnit.SECONDS.toNanos(secondsOfPatience().orElse(0));

  private WarmUp() {}

  /** What {@value #PATIENCE} says, or nothing if that is no number. */
  static OptionalInt secondsOfPatience() {
    String asked = System.getProperty(PATIENCE, "");
    if (asked.isEmpty()) {
      return OptionalInt.of(PATIENCE_SECONDS);
    }
    return asked.matches("\\d{1,9}")
        ? OptionalInt.of(Integer.parseInt(asked))
        : OptionalInt.empty();
  }

  /** A call that is not known to be compiled yet, and the arena of its memory. */
  private record Pending(Arena arena, Runnable call) {}

  /**
   * Calls a new kernel often enough to have it queued for compilation. Its memory is of a shared
   * arena, as packed weights and executions have it: C2 then knows the one kind of session that it
   * meets. With all three kinds in the profile every access asks its session by a virtual call, and
   * kernels run at half speed.
   *
   * <p>The shapes take turns. They should take every branch of the kernel both ways: C2 leaves out
   * what was never taken, and a real problem that needs it would send the kernel back to the
   * interpreter, for many runs if it is called rarely.
   *
   * @param bytes of memory that a call needs
   * @param shapes each runs the kernel on this memory, with at most {@value #TURNS} turns of its
   *     inner loop
   */
  @SafeVarargs
  static void begin(long bytes, Consumer<MemorySegment>... shapes) {
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(bytes, 64);
    long start = System.nanoTime();
    for (int i = 0; i < CALLS || (i < MOST_CALLS && System.nanoTime() - start < CALLS_NANOS); i++) {
      shapes[i % shapes.length].accept(memory);
      if (i % BATCH == 0) {
        enterHandler(shapes[0]);
      }
    }
    PENDING.add(new Pending(arena, () -> shapes[0].accept(memory)));
  }

  /** See {@link KernelClass#implement}: kernels do nothing with a null source. */
  @SuppressWarnings("NullAway")
  private static void enterHandler(Consumer<MemorySegment> call) {
    call.accept(null);
  }

  /**
   * Waits until all kernels begun so far are compiled. Waits in vain are bounded, all of a process
   * together, for JVMs where that never happens because C2 is off or the machine overloaded; others
   * are not, so that the tenth network of a process starts as fast as the first. A process without
   * patience asks no kernel whether it is fast.
   */
  static void await() {
    for (Pending next = PENDING.poll(); next != null; next = PENDING.poll()) {
      long start = System.nanoTime();
      boolean fast = patience == 0 || isFast(next.call());
      while (!fast && System.nanoTime() - start < patience) {
        pause();
        fast = isFast(next.call());
      }
      if (!fast) {
        patience = Math.max(0, patience - (System.nanoTime() - start));
      }
      next.arena().close();
    }
  }

  private static boolean isFast(Runnable call) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < BATCH && best >= COMPILED_NANOS; i++) {
      long start = System.nanoTime();
      call.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best < COMPILED_NANOS;
  }

  /** Leaves the core to the compiler. */
  private static void pause() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
