package io.striate.op.scalar;

import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Operands;
import io.striate.op.TileTask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * Loops with their constants. A tile is a run of positions. Everything held is garbage-collected
 * memory: close forbids further use, and what a run in flight still reads stays until it ends.
 */
final class ScalarKernel implements Kernel {
  private static final long MOST_TILES = 4096;

  private final KernelRequest request;
  private final String id;
  private final Loops.Plan plan;
  private final MemorySegment[] constants;
  private final int tiles;
  private final long perTile;
  private volatile boolean closed;

  ScalarKernel(KernelRequest request, String id, Loops.Plan plan, Sources sources) {
    this.request = request;
    this.id = id;
    this.plan = plan;
    this.constants = sources.resident(Arena.ofAuto());
    this.perTile = Math.ceilDiv(plan.positions(), MOST_TILES);
    this.tiles = (int) Math.ceilDiv(plan.positions(), perTile);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public int tiles() {
    return tiles;
  }

  @Override
  public long scratchBytes() {
    return plan.scratchBytes();
  }

  @Override
  public long packedBytes() {
    long sum = plan.packedBytes();
    for (MemorySegment constant : constants) {
      sum += constant.byteSize();
    }
    return sum;
  }

  @Override
  public TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
    checkOpen();
    Operands.check(request, inputs, output);
    MemorySegment[] in = constants.clone();
    for (int i = 0; i < in.length; i++) {
      if (request.inputs().get(i).constant().isEmpty()) {
        in[i] = inputs.get(i);
      }
    }
    return (first, last, scratch) -> run(in, output, first, last, scratch);
  }

  private void run(
      MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    checkOpen();
    Objects.checkFromToIndex(first, last, tiles);
    long end = Math.min(plan.positions(), last * perTile);
    for (long position = first * perTile; position < end; position++) {
      plan.loops().compute(position, in, out, scratch);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(id + " is closed; create another kernel");
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
