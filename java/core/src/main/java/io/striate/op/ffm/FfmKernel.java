package io.striate.op.ffm;

import io.striate.bindings.NativeKernel;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Operands;
import io.striate.op.TileTask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A native kernel behind the Java contract. */
final class FfmKernel implements Kernel {
  private final KernelRequest request;
  private final NativeKernel kernel;
  private final int tiles;

  FfmKernel(KernelRequest request, NativeKernel kernel) {
    this.request = request;
    this.kernel = kernel;
    this.tiles = Math.toIntExact(kernel.tiles());
  }

  @Override
  public String id() {
    return kernel.id();
  }

  @Override
  public int tiles() {
    return tiles;
  }

  @Override
  public long scratchBytes() {
    return kernel.scratchBytes();
  }

  @Override
  public long packedBytes() {
    return kernel.packedBytes();
  }

  @Override
  public long copyBytes() {
    return kernel.copyBytes();
  }

  @Override
  public void copyTo(MemorySegment copy) {
    kernel.copyTo(copy);
  }

  @Override
  public TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
    if (kernel.isClosed()) {
      throw new IllegalStateException("kernel " + id() + " is closed; create another");
    }
    Operands.check(request, inputs, output);
    // Two arrays of base addresses, made once, live as long as the task.
    MemorySegment pointers = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, inputs.size() + 1L);
    List<MemorySegment> memory = new ArrayList<>(List.of(output));
    for (int i = 0; i < inputs.size(); i++) {
      // The library holds constants; their entries stay null.
      if (!request.inputs().get(i).isConstant()) {
        MemorySegment data = inputs.get(i);
        long base = data.address() + NativeRequests.offsetBytes(request.input(i));
        pointers.setAtIndex(ValueLayout.JAVA_LONG, i, base);
        memory.add(data);
      }
    }
    long base = output.address() + NativeRequests.offsetBytes(request.output());
    pointers.setAtIndex(ValueLayout.JAVA_LONG, inputs.size(), base);
    return new FfmTask(kernel, tiles, memory, pointers);
  }

  @Override
  public void close() {
    kernel.close();
  }

  @Override
  public String toString() {
    return id();
  }
}
