package io.striate.op;

import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The checks of {@link Kernel#bind}, one home for every provider. */
public final class Operands {
  private Operands() {}

  /** Throws unless this memory may be bound to the request. */
  public static void check(
      KernelRequest request, List<MemorySegment> inputs, MemorySegment output) {
    String op = request.op().type();
    if (inputs.size() != request.inputs().size()) {
      throw new IllegalArgumentException(
          op
              + " has "
              + request.inputs().size()
              + " operands, but memory for "
              + inputs.size()
              + " was given");
    }
    checkNative(op + " destination", output);
    if (output.isReadOnly()) {
      throw new IllegalArgumentException(op + " destination is read-only memory");
    }
    request.output().checkFits(op + " destination", output);
    for (int i = 0; i < inputs.size(); i++) {
      if (request.inputs().get(i).isConstant()) {
        continue;
      }
      String name = op + " operand " + i;
      TensorDesc desc = request.input(i);
      checkNative(name, inputs.get(i));
      desc.checkFits(name, inputs.get(i));
      boolean same =
          mayWriteOnto(request.op())
              && desc.equals(request.output())
              && inputs.get(i).address() == output.address();
      if (!same && desc.overlaps(inputs.get(i), request.output(), output)) {
        throw new IllegalArgumentException(
            name + " overlaps the destination; give the destination memory of its own");
      }
    }
  }

  private static boolean mayWriteOnto(KernelOp op) {
    return op instanceof Unary
        || op instanceof Binary
        || op instanceof BatchNorm
        || op instanceof PRelu;
  }

  private static void checkNative(String name, MemorySegment memory) {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException(
          name + " is memory whose arena is closed; bind it while the arena is open");
    }
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          name + " is heap memory; copy it to off-heap memory first (Tensor.of)");
    }
  }
}
