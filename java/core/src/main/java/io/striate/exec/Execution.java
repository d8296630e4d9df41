package io.striate.exec;

import io.striate.StriateException;
import io.striate.graph.Value;
import io.striate.op.TileTask;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory of one running inference: inputs, outputs, activations and scratch in one 64-byte aligned
 * block. One thread runs it at a time; {@link #run} allocates nothing. Tensors from {@link #input}
 * and {@link #output} are views that stay the same from run to run and end with {@link #close}.
 */
public final class Execution implements AutoCloseable {
  private final CompiledModel model;
  private final Arena arena = Arena.ofShared();
  private final Lifecycle lifecycle = new Lifecycle("this Execution", arena::close);
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Tensor> outputs = new ArrayList<>();
  private final TileTask[] tasks;
  private final int[] tiles;
  private final MemorySegment[] scratch;

  Execution(CompiledModel model) {
    this.model = model;
    try {
      Plan plan = model.plan();
      MemorySegment memory =
          arena.allocate(Math.max(Tensor.ALIGNMENT, plan.memoryBytes()), Tensor.ALIGNMENT);
      plan.inputs().forEach(p -> inputs.add(new Tensor(p.desc(), slice(memory, p))));
      plan.outputs().forEach(p -> outputs.add(new Tensor(p.desc(), slice(memory, p))));
      List<CompiledStep> steps = model.steps();
      tasks = new TileTask[steps.size()];
      tiles = new int[steps.size()];
      long scratchBytes = 0;
      for (int i = 0; i < tasks.length; i++) {
        CompiledStep s = steps.get(i);
        List<MemorySegment> operands =
            s.step().inputs().stream().map(p -> slice(memory, p)).toList();
        tasks[i] = s.kernel().bind(operands, slice(memory, s.step().output()));
        tiles[i] = s.kernel().tiles();
        scratchBytes = Math.max(scratchBytes, s.kernel().scratchBytes());
      }
      scratch = new MemorySegment[model.pool().isPresent() ? model.options().threads() : 1];
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] =
            arena.allocate(
                Math.max(Tensor.ALIGNMENT, MemoryPlan.align(scratchBytes)), Tensor.ALIGNMENT);
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
   * Computes the outputs from the inputs.
   *
   * @throws IllegalStateException if the execution or its model is closed, or another thread is
   *     running this execution
   */
  public void run() {
    begin();
    boolean pooled = false;
    try {
      pooled = model.pool().isPresent() && model.pool().get().tryAcquire();
      for (int i = 0; i < tasks.length; i++) {
        runStep(i, pooled);
      }
    } finally {
      end(pooled);
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
    boolean pooled = false;
    try {
      pooled = model.pool().isPresent() && model.pool().get().tryAcquire();
      long before = System.nanoTime();
      for (int i = 0; i < tasks.length; i++) {
        runStep(i, pooled);
        long after = System.nanoTime();
        nanos[i] = after - before;
        before = after;
      }
    } finally {
      end(pooled);
    }
  }

  /** Number of steps of a run. */
  public int steps() {
    return tasks.length;
  }

  private void begin() {
    model.lifecycle().enter();
    boolean alone = false;
    try {
      alone = lifecycle.enterAlone();
      if (!alone) {
        throw new IllegalStateException(
            "another thread is running this Execution; give each thread one of its own");
      }
    } finally {
      if (!alone) {
        model.lifecycle().leave();
      }
    }
  }

  private void end(boolean pooled) {
    if (pooled) {
      model.pool().get().release();
    }
    lifecycle.leave();
    model.lifecycle().leave();
  }

  private void runStep(int i, boolean pooled) {
    if (pooled && tiles[i] > 1) {
      model.pool().get().run(tasks[i], tiles[i], scratch);
    } else {
      tasks[i].run(0, tiles[i], scratch[0]);
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
