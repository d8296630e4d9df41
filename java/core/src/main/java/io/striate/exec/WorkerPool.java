package io.striate.exec;

import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The threads that share the tiles of a step: the caller and up to {@code threads - 1} {@link
 * Helper helpers}, on daemon threads of the pool's own or on an executor's. One run has the pool at
 * a time; a run that finds it taken computes alone.
 *
 * <p>Helpers look for tiles without sleeping for {@value #STAY_MICROS} µs after the last step (a
 * hand-off to such a thread costs 0.06–0.6 µs, a wake-up 22 µs), {@value #STAY_IN_RUN_MICROS} µs in
 * a run that computes a step alone, and offer their core to others meanwhile; then they go, and are
 * called again by the next step that wants them. An idle pool uses no processor, and a pool that
 * was never used has no threads. Nothing is allocated per job.
 */
final class WorkerPool implements AutoCloseable {
  /** How long helpers stay after a run. */
  static final int STAY_MICROS = 50;

  /** How long helpers stay while the run computes something alone. */
  static final int STAY_IN_RUN_MICROS = 150;

  private final int threads;
  private final Cores cores;
  private final TileBoard board;
  private final Helper[] helpers;
  private final AtomicReference<@Nullable Thread> owner = new AtomicReference<>();
  private final AtomicBoolean refusalLogged = new AtomicBoolean();
  private volatile boolean closed;

  /** Only the owner's: the executor has refused a helper in this run. */
  private boolean refused;

  WorkerPool(int threads, Optional<Executor> executor) {
    this(threads, executor, Cores.SHARED);
  }

  WorkerPool(int threads, Optional<Executor> executor, Cores cores) {
    this.threads = threads;
    this.cores = cores;
    this.board = new TileBoard(threads);
    this.helpers = new Helper[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] =
          executor.isPresent()
              ? new Helper.Borrowed(this, board, i + 1, executor.get())
              : new Helper.Own(this, board, i + 1);
    }
  }

  /** Takes the pool for a sequence of jobs; false if another run has it. */
  boolean tryAcquire() {
    if (closed || owner.get() != null || !owner.compareAndSet(null, Thread.currentThread())) {
      return false;
    }
    refused = false;
    return true;
  }

  /** Gives the pool back. */
  void release() {
    owner.set(null);
  }

  /** Whether a run has the pool. */
  boolean isOwned() {
    return owner.get() != null;
  }

  boolean isOwner(Thread thread) {
    return thread.equals(owner.get());
  }

  boolean closed() {
    return closed;
  }

  /** Runs all tiles; only the owner calls this. {@code perThread[0]} is the caller's scratch. */
  void run(TileTask job, int count, MemorySegment[] perThread) {
    int width = Math.min(cores.width(threads), count);
    if (width == 1 || count >= TileBoard.TOO_MANY_TILES) {
      job.run(0, count, perThread[0]);
      return;
    }
    board.publish(job, count, width, perThread);
    try {
      for (int i = 0; i < width - 1 && !refused; i++) {
        call(helpers[i]);
      }
    } finally { // What was published must end before anything else happens.
      board.work(0);
      board.await();
    }
  }

  private void call(Helper helper) {
    try {
      helper.call();
    } catch (RuntimeException | OutOfMemoryError e) { // rejected, or the system has no thread left
      refused = true;
      if (refusalLogged.compareAndSet(false, true)) {
        Log.warn("no thread could be had for a helper ({0}); runs go on with fewer", e.toString());
      }
    }
  }

  /** Lets the helpers go after their current chunk. */
  @Override
  public void close() {
    closed = true;
    for (Helper h : helpers) {
      h.dismiss();
    }
  }
}
