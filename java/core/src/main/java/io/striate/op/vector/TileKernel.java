package io.striate.op.vector;

import io.striate.base.Memory;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Operand;
import io.striate.op.Operands;
import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** What the kernels around convolution share: operands, constants of their own, closing. */
abstract class TileKernel implements Kernel {
  /** Bytes of one f32 element. */
  static final long ELEMENT = Float.BYTES;

  final KernelRequest request;
  final Width width;
  private final String id;
  private final Lifetime lifetime;
  private final MemorySegment[] constants;
  private long packedBytes;

  TileKernel(String id, KernelRequest request, Width width) {
    this(id, request, width, -1);
  }

  /**
   * @param packed a constant operand that the kernel keeps in a form of its own; or -1
   */
  TileKernel(String id, KernelRequest request, Width width, int packed) {
    this.id = id;
    this.request = request;
    this.width = width;
    lifetime = new Lifetime(id);
    List<Operand> operands = request.inputs();
    constants = new MemorySegment[operands.size()];
    try {
      for (int i = 0; i < constants.length; i++) {
        constants[i] = MemorySegment.NULL;
        if (i != packed && operands.get(i).constant().isPresent()) {
          long size = operands.get(i).desc().spanBytes();
          constants[i] = allocate(size);
          constants[i].copyFrom(operands.get(i).constant().get().asSlice(0, size));
        }
      }
    } catch (RuntimeException | Error e) {
      lifetime.close();
      throw e;
    }
  }

  /** Memory that lives as long as the kernel. */
  final MemorySegment allocate(long bytes) {
    packedBytes += bytes;
    return Memory.allocate(bytes, lifetime.arena());
  }

  /** The kernel's copy of a constant operand. */
  final MemorySegment constant(int operand) {
    return constants[operand];
  }

  /** Computes tiles first (inclusive) to last (exclusive); allocates nothing. */
  abstract void run(
      MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch);

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final long packedBytes() {
    return packedBytes;
  }

  @Override
  public final TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
    lifetime.check();
    Operands.check(request, inputs, output);
    WarmUp.await();
    MemorySegment[] in = new MemorySegment[constants.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = request.inputs().get(i).constant().isPresent() ? constants[i] : inputs.get(i);
    }
    MemorySegment[] memory = Arrays.copyOf(in, in.length + 1);
    memory[in.length] = output;
    return (first, last, scratch) -> {
      long stamp = lifetime.enter(memory, scratch);
      try {
        run(in, output, first, last, scratch);
      } finally {
        lifetime.exit(stamp);
      }
    };
  }

  @Override
  public final void close() {
    lifetime.close();
  }
}
