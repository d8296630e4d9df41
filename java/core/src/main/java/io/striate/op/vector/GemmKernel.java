package io.striate.op.vector;

import io.striate.base.Memory;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Operand;
import io.striate.op.Operands;
import io.striate.op.TileTask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Convolution, transposed convolution and matrix product by {@link GemmTask}: one or more {@link
 * GemmShape parts} that write disjoint parts of the destination.
 */
final class GemmKernel implements Kernel {
  private static final int SRC = 0;
  private static final int WEIGHTS = 1;

  private final String id;
  private final KernelRequest request;
  private final GemmPlan[] plans;
  private final TileKernels[] tileKernels;
  private final int bias;
  private final int residual;
  private final MemorySegment[] packed;
  private final MemorySegment[] initial;
  private final MemorySegment[] constants;
  private final long packedBytes;
  private final Lifetime lifetime;

  /**
   * @param bias index of the operand, or -1
   * @param residual index of the operand, or -1
   */
  GemmKernel(
      String id,
      KernelRequest request,
      List<GemmShape> parts,
      Width width,
      int bias,
      int residual) {
    this.id = id;
    this.request = request;
    this.bias = bias;
    this.residual = residual;
    List<Operand> operands = request.inputs();
    boolean packsAtRun = operands.get(WEIGHTS).constant().isEmpty();
    plans =
        parts.stream()
            .map(part -> new GemmPlan(part, width, request.threads(), packsAtRun))
            .toArray(GemmPlan[]::new);
    tileKernels = Arrays.stream(plans).map(TileKernels::new).toArray(TileKernels[]::new);
    lifetime = new Lifetime(id);
    try {
      Arena arena = lifetime.arena();
      long bytes = 0;
      packed = new MemorySegment[plans.length];
      initial = new MemorySegment[plans.length];
      Optional<MemorySegment> biasData =
          bias < 0 ? Optional.of(MemorySegment.NULL) : operands.get(bias).constant();
      for (int p = 0; p < plans.length; p++) {
        GemmPlan plan = plans[p];
        packed[p] = MemorySegment.NULL;
        if (!packsAtRun) {
          long size = Math.multiplyExact(plan.setBytes(), (long) parts.get(p).weightSets().length);
          packed[p] = Memory.allocate(size, arena);
          PanelPacking.all(plan, operands.get(WEIGHTS).constant().get(), packed[p]);
          bytes += size;
        }
        initial[p] = MemorySegment.NULL;
        if (biasData.isPresent()) {
          initial[p] = Memory.allocate(PanelPacking.initialBytes(plan), arena);
          PanelPacking.allInitial(plan, biasData.get(), initial[p]);
          bytes += initial[p].byteSize();
        }
      }
      constants = new MemorySegment[operands.size()];
      for (int i = 0; i < constants.length; i++) {
        constants[i] = MemorySegment.NULL;
        if (i != WEIGHTS && i != bias && operands.get(i).constant().isPresent()) {
          MemorySegment data = operands.get(i).constant().get();
          long size = operands.get(i).desc().spanBytes();
          constants[i] = Memory.allocate(size, arena).copyFrom(data.asSlice(0, size));
          bytes += size;
        }
      }
      packedBytes = bytes;
    } catch (RuntimeException | Error e) {
      lifetime.close();
      throw e;
    }
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public int tiles() {
    int tiles = 0;
    for (GemmPlan plan : plans) {
      tiles = Math.addExact(tiles, plan.tiles());
    }
    return tiles;
  }

  @Override
  public long scratchBytes() {
    long most = 0;
    for (GemmPlan plan : plans) {
      most = Math.max(most, plan.scratchBytes);
    }
    return most;
  }

  @Override
  public long packedBytes() {
    return packedBytes;
  }

  @Override
  public TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
    lifetime.check();
    Operands.check(request, inputs, output);
    WarmUp.await();
    GemmTask[] tasks = new GemmTask[plans.length];
    for (int p = 0; p < plans.length; p++) {
      tasks[p] =
          new GemmTask(
              plans[p],
              tileKernels[p],
              operand(SRC, inputs),
              operand(WEIGHTS, inputs),
              packed[p],
              initial[p],
              operand(bias, inputs),
              operand(residual, inputs),
              output);
    }
    MemorySegment[] memory = new MemorySegment[inputs.size() + 1];
    for (int i = 0; i < inputs.size(); i++) {
      memory[i] = operand(i, inputs);
    }
    memory[inputs.size()] = output;
    return (first, last, scratch) -> run(tasks, memory, first, last, scratch);
  }

  private MemorySegment operand(int index, List<MemorySegment> inputs) {
    if (index < 0) {
      return MemorySegment.NULL;
    }
    return request.inputs().get(index).constant().isPresent()
        ? constants[index]
        : inputs.get(index);
  }

  private void run(
      GemmTask[] tasks, MemorySegment[] memory, int first, int last, MemorySegment scratch) {
    long stamp = lifetime.enter(memory, scratch);
    try {
      int before = 0;
      for (int p = 0; p < tasks.length; p++) {
        int tiles = plans[p].tiles();
        tasks[p].run(Math.max(first - before, 0), Math.min(last - before, tiles), scratch);
        before += tiles;
      }
    } finally {
      lifetime.exit(stamp);
    }
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
