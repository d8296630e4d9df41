package io.striate.exec;

import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One slot of a {@link TileBoard} and the thread that fills it while it is needed. A helper is
 * either away, or it has been called and looks for tiles until there were none for a while.
 */
abstract sealed class Helper implements Runnable {
  private static final int SPINS_PER_CLOCK_READ = 32;

  /** After this long without tiles the core is offered to others between two looks. */
  private static final long POLITE_NANOS = 5_000;

  private final WorkerPool pool;
  private final TileBoard board;
  private final int slot;

  /** False while away. Whoever changes it to true makes a thread enter {@link #stay}. */
  private final AtomicBoolean called = new AtomicBoolean();

  private Helper(WorkerPool pool, TileBoard board, int slot) {
    this.pool = pool;
    this.board = board;
    this.slot = slot;
  }

  /** Fetches the helper if it is away; only the pool's owner calls this. */
  final void call() {
    if (!called.get() && called.compareAndSet(false, true)) {
      try {
        fetch();
      } catch (Throwable t) {
        called.set(false);
        throw t;
      }
    }
  }

  /** Makes a thread enter {@link #stay}. */
  abstract void fetch();

  /** The pool is closed. */
  abstract void dismiss();

  final boolean isCalled() {
    return called.get();
  }

  /** Is away again without having looked for tiles. */
  final void decline() {
    called.set(false);
  }

  final int slot() {
    return slot;
  }

  final WorkerPool pool() {
    return pool;
  }

  /** Looks for tiles until there were none for a while; then the helper is away. */
  final void stay() {
    do {
      long seen = look();
      called.set(false);
      // A job that came since was perhaps published before its owner could see that we go.
      if (pool.closed() || board.sequence() == seen) {
        return;
      }
    } while (called.compareAndSet(false, true));
  }

  /** Returns the number of the last job that was looked at. */
  @SuppressWarnings("ThreadPriorityCheck") // whoever can use the core meanwhile shall have it
  private long look() {
    long seen = -1;
    long idleSince = System.nanoTime();
    int spins = 0;
    while (!pool.closed()) {
      long now = board.sequence();
      if (now != seen && (now & 1) == 0) {
        seen = now;
        if (board.work(slot)) {
          idleSince = System.nanoTime();
          spins = 0;
        }
        continue;
      }
      Thread.onSpinWait();
      if (++spins % SPINS_PER_CLOCK_READ == 0) {
        long idle = System.nanoTime() - idleSince;
        int micros = pool.isOwned() ? WorkerPool.STAY_IN_RUN_MICROS : WorkerPool.STAY_MICROS;
        if (idle > TimeUnit.MICROSECONDS.toNanos(micros)) {
          break;
        } else if (idle > POLITE_NANOS) {
          Thread.yield();
        }
      }
    }
    return seen;
  }

  /** On a daemon thread of its own, started when first called, that sleeps while away. */
  static final class Own extends Helper {
    private volatile @Nullable Thread thread;

    Own(WorkerPool pool, TileBoard board, int slot) {
      super(pool, board, slot);
    }

    @Override
    void fetch() {
      Thread asleep = thread;
      if (asleep != null) {
        LockSupport.unpark(asleep);
        return;
      }
      Thread made = new Thread(this, "striate-worker-" + slot());
      made.setDaemon(true);
      made.start();
      thread = made;
    }

    @Override
    public void run() {
      while (!pool().closed()) {
        if (isCalled()) {
          stay();
        } else {
          LockSupport.park(this);
        }
      }
    }

    @Override
    void dismiss() {
      Thread t = thread;
      if (t != null) {
        LockSupport.unpark(t);
      }
    }
  }

  /** A task for an executor; each call gives it there once. */
  static final class Borrowed extends Helper {
    private final Executor executor;

    Borrowed(WorkerPool pool, TileBoard board, int slot, Executor executor) {
      super(pool, board, slot);
      this.executor = executor;
    }

    @Override
    void fetch() {
      executor.execute(this);
    }

    @Override
    public void run() {
      if (pool().isOwner(Thread.currentThread())) {
        decline(); // An executor that runs tasks on the caller: it has its own tiles to compute.
      } else {
        stay();
      }
    }

    @Override
    void dismiss() {
      // Nothing sleeps: a task that is still queued ends as soon as it starts.
    }
  }
}
