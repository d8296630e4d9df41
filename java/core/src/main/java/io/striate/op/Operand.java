package io.striate.op;

import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * An operand as a provider sees it when a kernel is created.
 *
 * @param constant its data if it is a constant (weights), which is packed then and not read again
 * @param isConstant whether it is a constant; one without data is for {@link Provider#restore} only
 */
public record Operand(TensorDesc desc, Optional<MemorySegment> constant, boolean isConstant) {

  /** Checks that constant data holds every element. */
  public Operand {
    if (constant.isPresent()) {
      desc.checkFits("constant operand", constant.get());
    }
    if (constant.isPresent() && !isConstant) {
      throw new IllegalArgumentException("an operand with constant data is a constant");
    }
  }

  /** A constant if there is data, else an operand that is given at run. */
  public Operand(TensorDesc desc, Optional<MemorySegment> constant) {
    this(desc, constant, constant.isPresent());
  }

  /** An operand that is given at run. */
  public static Operand of(TensorDesc desc) {
    return new Operand(desc, Optional.empty());
  }

  /** A constant operand. */
  public static Operand constant(TensorDesc desc, MemorySegment data) {
    return new Operand(desc, Optional.of(data));
  }

  /** A constant operand whose packed form is known. */
  public static Operand packed(TensorDesc desc) {
    return new Operand(desc, Optional.empty(), true);
  }
}
