package io.striate.op.contract;

import io.striate.op.Accuracy;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.TileTask;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A case laid out in guarded memory: operands flush against guard pages, gaps between their
 * elements filled with NaN, the destination filled with NaN and its gaps with a pattern that must
 * survive.
 */
final class Bench implements AutoCloseable {
  /** A quiet NaN that no arithmetic makes. */
  private static final int SOURCE_GAP = 0x7fc0dead;

  private static final int DESTINATION_GAP = 0x4996b438;
  private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;
  private static final GuardedMemory MEMORY = new GuardedMemory();

  private final Case c;
  private final boolean atBeginning;
  private final List<MemorySegment> inputs = new ArrayList<>();
  private final List<byte[]> copies = new ArrayList<>();
  private final MemorySegment output;
  private final boolean[] isElement;

  /**
   * Lays the case out; the destination takes slot 0, scratch slot 1, operands the following ones.
   *
   * @param atBeginning whether tensors begin at a guard page rather than end at one
   */
  Bench(Case c, boolean atBeginning) {
    this.c = c;
    this.atBeginning = atBeginning;
    for (int i = 0; i < c.args().size(); i++) {
      inputs.add(place(i + 2, c.args().get(i)));
    }
    TensorDesc dst = c.dstDesc();
    this.output = MEMORY.place(0, dst.spanBytes(), atBeginning);
    this.isElement = new boolean[Math.toIntExact(dst.spanBytes() / Float.BYTES)];
    Odometer.forEach(
        dst.shape().dims(), index -> isElement[Math.toIntExact(position(dst, index))] = true);
    for (MemorySegment input : inputs) {
      copies.add(input.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private static long position(TensorDesc desc, long... index) {
    long at = desc.layout().offset();
    for (int i = 0; i < index.length; i++) {
      at += index[i] * desc.layout().stride(i);
    }
    return at;
  }

  private MemorySegment place(int slot, Arg arg) {
    MemorySegment memory = MEMORY.place(slot, arg.desc().spanBytes(), atBeginning);
    for (long at = 0; at < memory.byteSize(); at += Integer.BYTES) {
      memory.set(BITS, at, SOURCE_GAP);
    }
    new Tensor(arg.desc(), memory).copyFrom(arg.data());
    return memory;
  }

  /**
   * The request; constants are handed over as memory of their own that becomes garbage when the
   * bench is used.
   */
  KernelRequest request(
      Optional<String> kernelId, Arena constants, int threads, Accuracy accuracy) {
    List<Operand> operands = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Arg arg = c.args().get(i);
      if (arg.constant()) {
        MemorySegment copy = constants.allocate(inputs.get(i).byteSize(), Float.BYTES);
        operands.add(Operand.constant(arg.desc(), copy.copyFrom(inputs.get(i))));
      } else {
        operands.add(Operand.of(arg.desc()));
      }
    }
    return new KernelRequest(c.op(), operands, c.dstDesc(), threads, accuracy, kernelId);
  }

  /** Makes the kernel, then destroys the caller's constants, which it may not read again. */
  static Kernel create(Offer.Candidate candidate, KernelRequest request) {
    Kernel kernel = candidate.create();
    request.inputs().stream().flatMap(o -> o.constant().stream()).forEach(m -> m.fill((byte) 0xff));
    return kernel;
  }

  /** Memory of all operands as bind wants it; constants are given as nothing. */
  List<MemorySegment> bound() {
    List<MemorySegment> bound = new ArrayList<>(inputs);
    for (int i = 0; i < bound.size(); i++) {
      if (c.args().get(i).constant()) {
        bound.set(i, MemorySegment.NULL);
      }
    }
    return bound;
  }

  /** Binds the kernel to the memory of the case. */
  TileTask bind(Kernel kernel) {
    return kernel.bind(bound(), output);
  }

  /** Scratch as small as the kernel says, 64-byte aligned, filled with NaN. */
  MemorySegment scratch(Kernel kernel) {
    MemorySegment scratch = MEMORY.placeAligned(1, Math.max(64, kernel.scratchBytes()));
    return scratch.fill((byte) 0xff);
  }

  /** Fills the destination with NaN and its gaps with the pattern. */
  void clear() {
    for (int i = 0; i < isElement.length; i++) {
      output.set(BITS, (long) i * Integer.BYTES, isElement[i] ? SOURCE_GAP : DESTINATION_GAP);
    }
  }

  /** The result, after checking that gaps and operands are as they were. */
  float[] result(String what) {
    for (int i = 0; i < isElement.length; i++) {
      int bits = output.get(BITS, (long) i * Integer.BYTES);
      if (!isElement[i] && bits != DESTINATION_GAP) {
        throw new AssertionError(
            what
                + " wrote "
                + Float.intBitsToFloat(bits)
                + " into the destination's gap at element "
                + i);
      }
    }
    for (int i = 0; i < inputs.size(); i++) {
      if (!Arrays.equals(inputs.get(i).toArray(ValueLayout.JAVA_BYTE), copies.get(i))) {
        throw new AssertionError(what + " changed its operand " + i);
      }
    }
    return new Tensor(c.dstDesc(), output).toArray();
  }

  List<MemorySegment> inputs() {
    return inputs;
  }

  MemorySegment output() {
    return output;
  }

  @Override
  public void close() {
    for (MemorySegment input : inputs) {
      input.fill((byte) 0xff);
    }
  }
}
