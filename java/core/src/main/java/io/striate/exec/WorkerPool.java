package io.striate.exec;

import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads that share the tiles of a step: the caller and {@code threads - 1} daemon threads.
 *
 * <p>A step is published as a ticket (job number, next tile). Whoever wants work takes a chunk by
 * compare-and-set on the ticket, so a thread that was descheduled can neither delay a job nor run a
 * stale one; the caller waits for finished tiles, not for threads. Workers spin for {@value
 * #SPIN_NANOS} ns after the last job (a hand-off to a spinning thread costs 0.06–0.6 µs, a wake-up
 * 22 µs) and then park: an idle pool uses no processor. Nothing is allocated per job.
 */
final class WorkerPool implements AutoCloseable {
  private static final long SPIN_NANOS = 50_000;
  private static final int SPINS_PER_CLOCK_READ = 64;

  /** A next tile beyond every count. */
  private static final long NOTHING_LEFT = Integer.MAX_VALUE;

  private static final VarHandle TICKET;
  private static final VarHandle DONE;
  private static final VarHandle OWNED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TICKET = lookup.findVarHandle(WorkerPool.class, "ticket", long.class);
      DONE = lookup.findVarHandle(WorkerPool.class, "done", int.class);
      OWNED = lookup.findVarHandle(WorkerPool.class, "owned", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Worker[] workers;

  /** Job number in the high half, next tile in the low half. */
  @SuppressWarnings("unused") // through TICKET
  private volatile long ticket;

  @SuppressWarnings("unused") // through DONE
  private volatile int done;

  @SuppressWarnings("unused") // through OWNED
  private volatile boolean owned;

  private volatile boolean closed;
  private volatile @Nullable Throwable failure;

  // Written while the ticket offers nothing, before the job's own is published; read after that.
  private @Nullable TileTask task;
  private MemorySegment[] scratch = {};
  private int tiles;

  WorkerPool(int threads) {
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  /** Takes the pool for a sequence of jobs; false if another run has it. Wakes the workers. */
  boolean tryAcquire() {
    if (closed || !OWNED.compareAndSet(this, false, true)) {
      return false;
    }
    for (Worker w : workers) {
      if (w.parked) {
        LockSupport.unpark(w);
      }
    }
    return true;
  }

  /** Gives the pool back. */
  void release() {
    owned = false;
  }

  /** Runs all tiles; only the owner calls this. {@code perThread[0]} is the caller's scratch. */
  void run(TileTask job, int count, MemorySegment[] perThread) {
    // Withdrawn first: a late thread that holds the ticket of the last job, whose next tile is that
    // job's count, must not find it valid against the count of this one.
    long number = ((long) TICKET.getVolatile(this) >>> 32) + 1;
    TICKET.setVolatile(this, (number << 32) | NOTHING_LEFT);
    VarHandle.fullFence();
    task = job;
    scratch = perThread;
    tiles = count;
    done = 0;
    TICKET.setVolatile(this, number << 32);
    for (Worker w : workers) {
      if (w.parked) {
        LockSupport.unpark(w);
      }
    }
    work(0);
    while (done < count) {
      Thread.onSpinWait();
    }
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw rethrown(thrown);
    }
  }

  private static RuntimeException rethrown(Throwable t) {
    if (t instanceof Error e) {
      throw e;
    }
    return t instanceof RuntimeException r ? r : new IllegalStateException(t);
  }

  /** Takes and runs chunks of the current job until none is left. */
  private void work(int thread) {
    while (true) {
      long seen = (long) TICKET.getVolatile(this);
      int next = (int) seen;
      int count = tiles;
      TileTask job = task;
      MemorySegment[] memory = scratch;
      if (next >= count || job == null) {
        return;
      }
      int chunk = Math.max(1, (count - next) / (2 * (workers.length + 1)));
      VarHandle.loadLoadFence(); // The fields were read before the ticket proves to be unchanged.
      if (!TICKET.compareAndSet(this, seen, seen + chunk)) {
        continue;
      }
      try {
        job.run(next, next + chunk, memory[thread]);
      } catch (Throwable t) {
        failure = t;
      } finally {
        DONE.getAndAdd(this, chunk);
      }
    }
  }

  /** Ends the workers after their current chunk. */
  @Override
  public void close() {
    closed = true;
    for (Worker w : workers) {
      LockSupport.unpark(w);
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean parked;

    Worker(int number) {
      super("striate-worker-" + number);
      this.number = number;
      setDaemon(true);
    }

    @Override
    public void run() {
      long seen = 0;
      long idleSince = System.nanoTime();
      int spins = 0;
      while (!closed) {
        long now = (long) TICKET.getVolatile(WorkerPool.this);
        if (now != seen) {
          work(number);
          seen = (long) TICKET.getVolatile(WorkerPool.this);
          idleSince = System.nanoTime();
          spins = 0;
          continue;
        }
        Thread.onSpinWait();
        if (++spins % SPINS_PER_CLOCK_READ == 0 && System.nanoTime() - idleSince > SPIN_NANOS) {
          parked = true;
          if ((long) TICKET.getVolatile(WorkerPool.this) == seen && !closed) {
            LockSupport.park(WorkerPool.this);
          }
          parked = false;
          idleSince = System.nanoTime();
        }
      }
    }
  }
}
