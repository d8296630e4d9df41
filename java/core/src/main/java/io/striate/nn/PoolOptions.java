package io.striate.nn;

import io.striate.op.AutoPad;
import io.striate.op.Window;
import java.util.List;

/**
 * How a pooling layer slides. By default: the stride is the size of the window, no padding, sizes
 * rounded down, padding not counted in averages.
 */
public record PoolOptions(Window window, boolean ceil, boolean countsPadding) {

  static PoolOptions of(List<Integer> kernel) {
    Integer[] size = kernel.toArray(Integer[]::new);
    return new PoolOptions(Window.of(size).withStride(size), false, false);
  }

  private PoolOptions with(Window next) {
    return new PoolOptions(next, ceil, countsPadding);
  }

  /** A stride for all axes, or one per axis. */
  public PoolOptions stride(Integer... values) {
    return with(window.withStride(values));
  }

  /** Padding at both ends of all axes, or of each axis; it never wins a maximum. */
  public PoolOptions padding(Integer... values) {
    return with(window.withPadding(values));
  }

  /** As much padding as makes the output ceil(input/stride). */
  public PoolOptions same() {
    return with(window.withAutoPad(AutoPad.SAME_UPPER));
  }

  /** Rounds output sizes up. */
  public PoolOptions ceilMode() {
    return new PoolOptions(window, true, countsPadding);
  }

  /** Averages divide by the size of the window, padding included. */
  public PoolOptions countPadding() {
    return new PoolOptions(window, ceil, true);
  }
}
