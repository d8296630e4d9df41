package io.striate.op;

import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * An operand as a provider sees it when a kernel is created: its descriptor and, if it is a
 * constant (weights), its data, which is packed then and not read again.
 */
public record Operand(TensorDesc desc, Optional<MemorySegment> constant) {

  /** Checks that constant data holds every element. */
  public Operand {
    constant.ifPresent(data -> desc.checkFits("constant operand", data));
  }

  /** An operand that is given at run. */
  public static Operand of(TensorDesc desc) {
    return new Operand(desc, Optional.empty());
  }

  /** A constant operand. */
  public static Operand constant(TensorDesc desc, MemorySegment data) {
    return new Operand(desc, Optional.of(data));
  }
}
