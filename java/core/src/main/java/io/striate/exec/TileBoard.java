package io.striate.exec;

import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where one thread offers the tiles of a step and others take them.
 *
 * <p>Every thread that takes part has a slot with a contiguous share of the tiles, so that from
 * step to step it meets the part of the activations that lies in its own cache. It takes half of
 * what is left of its share at a time, and when that is used up, half of what is left of another's:
 * tiles of uneven cost and threads that come late or are descheduled cost at most the chunk in
 * hand.
 *
 * <p>The offer is a sequence lock: its number is odd while the fields change. A slot's ticket holds
 * the number of the job (high 40 bits) and how many tiles of the share are taken (low 24 bits); a
 * ticket of an earlier job stands for an untouched share, so that publishing a job writes one cache
 * line, however many threads there are. Chunks are taken by compare-and-set on the ticket: a thread
 * that was descheduled anywhere can neither run a stale job nor take a tile twice. The publisher
 * waits for finished tiles, not for threads. Nothing is allocated per job.
 */
final class TileBoard {
  /** More tiles than a ticket counts; such a job is not to be published. */
  static final int TOO_MANY_TILES = 1 << 24;

  private static final int TAKEN_BITS = 24;

  /** Longs between two cells: two cache lines, as the prefetcher fetches them in pairs. */
  private static final int STRIDE = 16;

  /** How long the publisher spins for tiles in others' hands, then offers its core, then sleeps. */
  private static final long SPIN_NANOS = 20_000;

  private static final long YIELD_NANOS = 200_000;
  private static final int SPINS_PER_CLOCK_READ = 32;

  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

  /** Tickets of the slots, and behind them the number of finished tiles. */
  private final long[] cells;

  private final int doneCell;

  /** Twice the number of jobs published, plus 1 while the next one is being written. */
  private volatile long sequence;

  // Written between two writes of the sequence, read between two equal reads of it.
  private @Nullable TileTask task;
  private MemorySegment[] scratch = {};
  private int tiles;
  private int slots;

  private volatile @Nullable Throwable failure;
  private volatile @Nullable Thread sleeper;

  TileBoard(int threads) {
    cells = new long[(threads + 2) * STRIDE];
    doneCell = (threads + 1) * STRIDE;
  }

  private static int cell(int slot) {
    return (slot + 1) * STRIDE;
  }

  /** Changes with every job. */
  long sequence() {
    return sequence;
  }

  /**
   * Offers tiles 0 … {@code count - 1} to the slots below {@code width}; slot {@code s} works in
   * {@code perSlot[s]}. Only one thread publishes, and only after {@link #await}.
   */
  void publish(TileTask job, int count, int width, MemorySegment[] perSlot) {
    long number = sequence;
    sequence = number + 1;
    VarHandle.fullFence();
    task = job;
    scratch = perSlot;
    tiles = count;
    slots = width;
    CELL.setOpaque(cells, doneCell, 0L);
    sequence = number + 2;
  }

  /** Takes and runs tiles of the job on offer until none is left; false if none was taken. */
  boolean work(int slot) {
    long offered = sequence;
    TileTask job = task;
    MemorySegment[] memory = scratch;
    int count = tiles;
    int width = slots;
    VarHandle.loadLoadFence();
    if ((offered & 1) != 0 || sequence != offered || job == null || slot >= width) {
      return false;
    }
    int finished = 0;
    for (int i = 0; i < width; i++) {
      int owner = slot + i < width ? slot + i : slot + i - width;
      int start = share(count, width, owner);
      int length = share(count, width, owner + 1) - start;
      int taken = take(owner, length, offered);
      while (taken >= 0) {
        int chunk = chunk(length - taken);
        int first = start + taken;
        try {
          job.run(first, first + chunk, memory[slot]);
        } catch (Throwable t) {
          failure = t;
        }
        finished += chunk;
        taken = take(owner, length, offered);
      }
    }
    if (finished == 0) {
      return false;
    }
    // Once per thread and job. Until then the job cannot end, so all above was about this one.
    if ((long) CELL.getAndAdd(cells, doneCell, (long) finished) + finished == count) {
      Thread waiting = sleeper;
      if (waiting != null) {
        LockSupport.unpark(waiting);
      }
    }
    return true;
  }

  private static int share(int count, int width, int slot) {
    return (int) ((long) count * slot / width);
  }

  private static int chunk(int left) {
    return (left + 1) / 2;
  }

  /** Takes a chunk of a slot's share and returns how many were taken before, or -1. */
  private int take(int slot, int length, long offered) {
    long job = offered >>> 1 << TAKEN_BITS;
    while (true) {
      long ticket = (long) CELL.getVolatile(cells, cell(slot));
      // A difference, since numbers wrap; that of a later job is larger than any share.
      long taken = Math.max(0, ticket - job);
      if (taken >= length) {
        return -1;
      }
      long next = job + taken + chunk((int) (length - taken));
      if (CELL.compareAndSet(cells, cell(slot), ticket, next)) {
        return (int) taken;
      }
    }
  }

  /**
   * Waits until all tiles of the job are finished. Spins first, since a tile takes microseconds;
   * then lets others have the core, since whoever holds a tile may be waiting for it; then sleeps.
   * An interrupt does not end the wait.
   *
   * @throws RuntimeException what a tile has thrown
   */
  @SuppressWarnings("ThreadPriorityCheck") // a tile's owner may need this core to finish it
  void await() {
    long start = 0;
    int spins = 0;
    while ((long) CELL.getVolatile(cells, doneCell) < tiles) {
      Thread.onSpinWait();
      if (++spins % SPINS_PER_CLOCK_READ != 0) {
        continue;
      }
      long now = System.nanoTime();
      if (spins == SPINS_PER_CLOCK_READ) {
        start = now;
      } else if (now - start > YIELD_NANOS) {
        sleep();
      } else if (now - start > SPIN_NANOS) {
        Thread.yield();
      }
    }
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw rethrown(thrown);
    }
  }

  private void sleep() {
    sleeper = Thread.currentThread();
    if ((long) CELL.getVolatile(cells, doneCell) < tiles) {
      LockSupport.park(this);
    }
    sleeper = null;
  }

  private static RuntimeException rethrown(Throwable t) {
    if (t instanceof Error e) {
      throw e;
    }
    return t instanceof RuntimeException r ? r : new IllegalStateException(t);
  }
}
