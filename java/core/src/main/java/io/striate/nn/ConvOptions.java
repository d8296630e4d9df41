package io.striate.nn;

import io.striate.op.AutoPad;
import io.striate.op.Window;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How a convolution layer slides, and what it learns. By default: stride 1, no padding, no
 * dilation, one group, a bias, the network's initializer.
 *
 * @param outputPadding added to the output size; transposed convolutions only
 */
public record ConvOptions(
    Window window,
    int groups,
    boolean bias,
    List<Integer> outputPadding,
    Optional<Initializer> weights) {

  static ConvOptions of(List<Integer> kernel) {
    Window window = Window.of(kernel.toArray(Integer[]::new));
    return new ConvOptions(
        window, 1, true, Collections.nCopies(kernel.size(), 0), Optional.empty());
  }

  private ConvOptions with(Window next) {
    return new ConvOptions(next, groups, bias, outputPadding, weights);
  }

  /** A stride for all axes, or one per axis. */
  public ConvOptions stride(Integer... values) {
    return with(window.withStride(values));
  }

  /** Zeros at both ends of all axes, or of each axis. */
  public ConvOptions padding(Integer... values) {
    return with(window.withPadding(values));
  }

  /** Zeros before and behind each axis. */
  public ConvOptions padding(List<Integer> before, List<Integer> behind) {
    return with(window.withPadding(before, behind));
  }

  /** As much padding as makes the output ceil(input/stride), the odd zero behind. */
  public ConvOptions same() {
    return with(window.withAutoPad(AutoPad.SAME_UPPER));
  }

  /** A dilation for all axes, or one per axis. */
  public ConvOptions dilation(Integer... values) {
    return with(window.withDilation(values));
  }

  /** Splits channels and filters into groups that do not see each other. */
  public ConvOptions groups(int count) {
    return new ConvOptions(window, count, bias, outputPadding, weights);
  }

  /** Leaves the bias out, as before a batch normalisation. */
  public ConvOptions withoutBias() {
    return new ConvOptions(window, groups, false, outputPadding, weights);
  }

  /** Makes the output larger at its end; one number per axis, transposed convolutions only. */
  public ConvOptions outputPadding(Integer... values) {
    return new ConvOptions(window, groups, bias, List.of(values), weights);
  }

  /** Another initializer for the weights. */
  public ConvOptions weights(Initializer initializer) {
    return new ConvOptions(window, groups, bias, outputPadding, Optional.of(initializer));
  }
}
