package io.striate.op.ffm;

import io.striate.bindings.NativeKernel;
import io.striate.op.BatchNorm;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Gemm;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Operand;
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
  private final List<MemorySegment> kept;

  FfmKernel(KernelRequest request, NativeKernel kernel) {
    this.request = request;
    this.kernel = kernel;
    this.tiles = Math.toIntExact(kernel.tiles());
    this.kept = new ArrayList<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      kept.add(isPacked(request, i) ? MemorySegment.NULL : copy(request.inputs().get(i)));
    }
  }

  /**
   * Whether a library holds this constant in a form of its own, so that a copy of megabytes of
   * weights would be waste. Other constants, a residual or one side of a sum, are small and rare:
   * they are kept here and passed like operands, as a library may read them at run.
   */
  private static boolean isPacked(KernelRequest request, int operand) {
    return switch (request.op()) {
      case Conv o -> operand == 1 || (operand == 2 && o.epilogue().hasBias());
      case ConvTranspose o -> operand == 1 || (operand == 2 && o.epilogue().hasBias());
      case Gemm o -> operand == 1 || (operand == 2 && o.epilogue().hasBias());
      case BatchNorm _ -> operand >= 1;
      default -> false;
    };
  }

  private static MemorySegment copy(Operand operand) {
    if (operand.constant().isEmpty()) {
      return MemorySegment.NULL;
    }
    MemorySegment data = operand.constant().get().asSlice(0, operand.desc().spanBytes());
    return Arena.ofAuto().allocate(data.byteSize(), 64).copyFrom(data);
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
  public TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
    if (kernel.isClosed()) {
      throw new IllegalStateException("kernel " + id() + " is closed; create another");
    }
    Operands.check(request, inputs, output);
    // Two arrays of base addresses, made once, live as long as the task.
    MemorySegment pointers = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, inputs.size() + 1L);
    List<MemorySegment> memory = new ArrayList<>(List.of(output));
    for (int i = 0; i < inputs.size(); i++) {
      boolean constant = request.inputs().get(i).constant().isPresent();
      MemorySegment data = constant ? kept.get(i) : inputs.get(i);
      if (!data.equals(MemorySegment.NULL)) {
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
