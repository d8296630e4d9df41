package io.striate.exec;

import io.striate.StriateException;
import io.striate.base.Memory;
import io.striate.graph.Value;
import io.striate.op.TileTask;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Memory of one running inference: inputs, outputs, activations and scratch in one 64-byte aligned
 * block. One thread runs it at a time; {@link #run} allocates nothing. Tensors from {@link #input}
 * and {@link #output} are views that stay the same from run to run and end with {@link #close}.
 */
public final class Execution implements AutoCloseable {
  private static final long PROBE_MILLIS = 300;

  /** For {@link #compute} without times. */
  static final long[] NO_TIMES = {};

  private final CompiledModel model;
  private final Arena arena = Arena.ofShared();
  private final Lifecycle lifecycle = new Lifecycle("this Execution", arena::close);
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Tensor> outputs = new ArrayList<>();

  /** By step, then by round of the step's stage. */
  private final TileTask[][] tasks;

  private final int[] tiles;
  private final boolean[] shared;
  private final MemorySegment[] scratch;
  private final Stage[] stages;

  Execution(CompiledModel model) {
    this.model = model;
    try {
      Plan plan = model.plan();
      MemorySegment memory = Memory.allocate(Math.max(Tensor.ALIGNMENT, plan.memoryBytes()), arena);
      for (Placement p : plan.inputs()) {
        inputs.add(new Tensor(p.desc(), slice(memory, p)));
      }
      for (Placement p : plan.outputs()) {
        outputs.add(new Tensor(p.desc(), slice(memory, p)));
      }
      List<CompiledStep> steps = model.steps();
      stages = plan.stages().toArray(new Stage[0]);
      List<Stage> stageOf = plan.stageOfSteps();
      tasks = new TileTask[steps.size()][];
      tiles = new int[steps.size()];
      shared = new boolean[steps.size()];
      long scratchBytes = 0;
      for (int i = 0; i < tasks.length; i++) {
        CompiledStep s = steps.get(i);
        Stage stage = stageOf.get(i);
        tasks[i] = new TileTask[stage.rounds()];
        for (int round = 0; round < stage.rounds(); round++) {
          long image = round * stage.images();
          List<MemorySegment> operands = new ArrayList<>();
          for (Placement p : s.step().inputs()) {
            operands.add(from(image, memory, p));
          }
          tasks[i][round] = s.kernel().bind(operands, from(image, memory, s.step().output()));
        }
        tiles[i] = s.kernel().tiles();
        shared[i] = s.isWorthSharing();
        scratchBytes = Math.max(scratchBytes, s.kernel().scratchBytes());
      }
      scratch = new MemorySegment[model.pool().isPresent() ? model.options().threads() : 1];
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] =
            Memory.allocate(Math.max(Tensor.ALIGNMENT, MemoryPlan.align(scratchBytes)), arena);
      }
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new StriateException(
          "there is no memory for an execution of "
              + model.graph().name()
              + ", whose inputs, outputs and activations take "
              + model.activationBytes()
              + " bytes; choose a smaller batch or input size",
          e);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static MemorySegment slice(MemorySegment memory, Placement p) {
    Buffer b = p.buffer();
    return b.kind == Buffer.Kind.CONSTANT ? MemorySegment.NULL : memory.asSlice(b.offset, b.bytes);
  }

  /** The memory of an operand from an image of the batch on. */
  private static MemorySegment from(long image, MemorySegment memory, Placement p) {
    MemorySegment all = slice(memory, p);
    Buffer b = p.buffer();
    return image == 0 || b.perRound || b.kind == Buffer.Kind.CONSTANT
        ? all
        : all.asSlice(image * p.desc().layout().stride(0) * p.desc().dtype().bytes());
  }

  /** The only input. */
  public Tensor input() {
    return only(inputs, "inputs", model.inputs());
  }

  /** The only output. */
  public Tensor output() {
    return only(outputs, "outputs", model.outputs());
  }

  /** The input with this name. */
  public Tensor input(String name) {
    return named(name, inputs, model.inputs());
  }

  /** The output with this name. */
  public Tensor output(String name) {
    return named(name, outputs, model.outputs());
  }

  private Tensor only(List<Tensor> tensors, String what, List<Value> values) {
    if (tensors.size() != 1) {
      throw new IllegalArgumentException(
          "the model has " + tensors.size() + " " + what + ", name one of " + values);
    }
    return tensors.get(0);
  }

  private static Tensor named(String name, List<Tensor> tensors, List<Value> values) {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).name().equals(name)) {
        return tensors.get(i);
      }
    }
    throw new IllegalArgumentException("there is no '" + name + "'; the model has " + values);
  }

  /**
   * Computes the outputs from the inputs on this thread, helped by the model's other threads. An
   * interrupt does not stop it; the thread's interrupt status stays as it is.
   *
   * @throws IllegalStateException if the execution or its model is closed, or another run of this
   *     execution has not ended
   */
  public void run() {
    begin();
    try {
      compute(NO_TIMES);
    } finally {
      end();
    }
  }

  /**
   * As {@link #run}, and writes the nanoseconds of every step into {@code nanos}, which has one
   * entry per step.
   */
  public void runTimed(long[] nanos) {
    if (nanos.length != tasks.length) {
      throw new IllegalArgumentException(
          "nanos has " + nanos.length + " entries for " + tasks.length + " steps");
    }
    begin();
    try {
      Arrays.fill(nanos, 0);
      compute(nanos);
    } finally {
      end();
    }
  }

  /**
   * Computes the outputs from the inputs on another thread: one of the executor of {@link
   * Options#executor(java.util.concurrent.Executor)}, else one of the model's own, of which there
   * are as many as the processors can run at once with {@link Options#threads} each; further runs
   * wait in order. A virtual thread that waits for the result holds no carrier thread, whereas
   * {@link #run} keeps its carrier for the whole run.
   *
   * <p>From this call on the execution counts as running: inputs must not be changed and outputs
   * not be read until the result is there, another run is an error, and closing the execution or
   * the model lets this run take place and finish. When the result completes, the execution is free
   * again. Stages that depend on it run on the thread that computed, so they should be short or
   * asynchronous themselves. Allocates the result and the executor's queue entry, some 100 bytes.
   *
   * @return completes with the run. {@code cancel} withdraws a run that has not begun and frees the
   *     execution at once; a run that has begun takes milliseconds, cannot be cancelled and
   *     finishes: {@code cancel} then returns false. If the executor rejects the run, the result
   *     has failed with its {@link java.util.concurrent.RejectedExecutionException}
   * @throws IllegalStateException if the execution or its model is closed, or another run of this
   *     execution has not ended
   */
  public CompletableFuture<Void> runAsync() {
    begin();
    AsyncRun run = new AsyncRun(this);
    try {
      model.asyncThreads().execute(run);
    } catch (RuntimeException | Error e) {
      run.refuse(e);
    }
    return run;
  }

  /** Number of steps of a run. */
  public int steps() {
    return tasks.length;
  }

  /** Makes this execution and its model busy. */
  private void begin() {
    model.lifecycle().enter();
    boolean alone = false;
    try {
      alone = lifecycle.enterAlone();
      if (!alone) {
        throw new IllegalStateException(
            "another run of this Execution has not ended; give each thread one of its own");
      }
    } finally {
      if (!alone) {
        model.lifecycle().leave();
      }
    }
  }

  /** The run that {@link #begin} announced has ended or will not take place. */
  void end() {
    lifecycle.leave();
    model.lifecycle().leave();
  }

  /**
   * Least nanoseconds of the first tile of a step's first round: of two runs, or of as many as
   * {@value #PROBE_MILLIS} ms allow while it takes more than {@code enough}, since Java code begins
   * in the interpreter.
   */
  long probe(int step, double enough) {
    begin();
    try {
      long start = System.nanoTime();
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 2 || (best > enough && before(start)); i++) {
        long before = System.nanoTime();
        tasks[step][0].run(0, 1, scratch[0]);
        best = Math.min(best, System.nanoTime() - before);
      }
      return best;
    } finally {
      end();
    }
  }

  private static boolean before(long start) {
    return System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(PROBE_MILLIS);
  }

  /** Runs all steps, between begin and end, and notes their times unless there is no room. */
  void compute(long[] nanos) {
    boolean pooled = model.pool().isPresent() && model.pool().get().tryAcquire();
    Cores.SHARED.enter(scratch.length);
    try {
      for (Stage stage : stages) {
        for (int round = 0; round < stage.rounds(); round++) {
          if (nanos.length == 0) {
            for (int i = stage.first(); i < stage.end(); i++) {
              runStep(i, round, pooled);
            }
          } else {
            runTimed(stage, round, pooled, nanos);
          }
        }
      }
    } finally {
      Cores.SHARED.leave(scratch.length);
      if (pooled) {
        model.pool().get().release();
      }
    }
  }

  /** One round, whose times are added to {@code nanos}. */
  private void runTimed(Stage stage, int round, boolean pooled, long[] nanos) {
    long before = System.nanoTime();
    for (int i = stage.first(); i < stage.end(); i++) {
      runStep(i, round, pooled);
      long after = System.nanoTime();
      nanos[i] += after - before;
      before = after;
    }
  }

  private void runStep(int i, int round, boolean pooled) {
    if (pooled && shared[i]) {
      model.pool().get().run(tasks[i][round], tiles[i], scratch);
    } else {
      tasks[i][round].run(0, tiles[i], scratch[0]);
    }
  }

  /** Descriptor of the only input, for callers that fill it without a {@link Tensor}. */
  public TensorDesc inputDesc() {
    return input().desc();
  }

  /** Frees the memory; a run in flight finishes first. Closing twice is fine. */
  @Override
  public void close() {
    lifecycle.close();
  }
}
