package io.striate.op;

import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a provider is asked to compute: an op with resolved (explicit) padding, its operands and the
 * destination.
 *
 * @param threads how many threads are meant to run the kernel; guides tile size only, never the
 *     result
 * @param kernelId a kernel that must be used, or empty for the provider's best
 */
public record KernelRequest(
    KernelOp op,
    List<Operand> inputs,
    TensorDesc output,
    int threads,
    Accuracy accuracy,
    Optional<String> kernelId) {

  /** Checks shapes by the op's own inference, and that the destination's elements lie apart. */
  public KernelRequest {
    inputs = List.copyOf(inputs);
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + "; it must be at least 1");
    }
    List<Shape> shapes = new ArrayList<>();
    for (Operand input : inputs) {
      shapes.add(input.desc().shape());
    }
    Shape expected = op.infer(shapes).get(0);
    if (!expected.equals(output.shape())) {
      throw new IllegalArgumentException(
          op.type()
              + " makes shape "
              + expected
              + ", but the destination has shape "
              + output.shape());
    }
    for (int i = 0; i < output.shape().rank(); i++) {
      if (output.shape().dim(i) > 1 && output.layout().stride(i) == 0) {
        throw new IllegalArgumentException(
            op.type()
                + " destination "
                + output
                + " has stride 0 at axis "
                + i
                + ": its elements would lie on each other");
      }
    }
  }

  /** A request for one thread, default accuracy and the provider's best kernel. */
  public static KernelRequest of(KernelOp op, List<Operand> inputs, TensorDesc output) {
    return new KernelRequest(op, inputs, output, 1, Accuracy.DEFAULT, Optional.empty());
  }

  /** This request for another number of threads. */
  public KernelRequest withThreads(int count) {
    return new KernelRequest(op, inputs, output, count, accuracy, kernelId);
  }

  /** This request for a kernel with this id. */
  public KernelRequest withKernelId(String id) {
    return new KernelRequest(op, inputs, output, threads, accuracy, Optional.of(id));
  }

  /** Descriptor of operand {@code i}. */
  public TensorDesc input(int i) {
    return inputs.get(i).desc();
  }
}
