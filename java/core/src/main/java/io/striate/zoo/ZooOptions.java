package io.striate.zoo;

import io.striate.nn.Initialization;
import java.util.OptionalLong;

/**
 * What may differ from an architecture's own form.
 *
 * @param classes number of outputs; empty for the architecture's own
 * @param height of the image; empty for the architecture's own
 * @param width of the image, or the length of a sequence; empty for the architecture's own
 * @param seed of the first values of the parameters
 * @param initialization where these come from
 * @param auxiliaryHeads whether the classifiers that help in training are built, as further outputs
 */
public record ZooOptions(
    OptionalLong classes,
    OptionalLong height,
    OptionalLong width,
    long seed,
    Initialization initialization,
    boolean auxiliaryHeads) {

  /** Checks that all sizes are positive. */
  public ZooOptions {
    check("classes", classes);
    check("height", height);
    check("width", width);
  }

  private static void check(String name, OptionalLong value) {
    if (value.isPresent() && value.getAsLong() < 1) {
      throw new IllegalArgumentException(
          name + " is " + value.getAsLong() + "; it must be at least 1");
    }
  }

  /** The architecture as it is, seed 0, the standard initialization, no auxiliary heads. */
  public static ZooOptions defaults() {
    OptionalLong own = OptionalLong.empty();
    return new ZooOptions(own, own, own, 0, Initialization.standard(), false);
  }

  /** Another number of outputs. */
  public ZooOptions withClasses(long count) {
    return new ZooOptions(
        OptionalLong.of(count), height, width, seed, initialization, auxiliaryHeads);
  }

  /** Another image size. */
  public ZooOptions withImage(long newHeight, long newWidth) {
    OptionalLong h = OptionalLong.of(newHeight);
    return new ZooOptions(
        classes, h, OptionalLong.of(newWidth), seed, initialization, auxiliaryHeads);
  }

  /** Another length of the sequence. */
  public ZooOptions withLength(long length) {
    OptionalLong own = OptionalLong.empty();
    return new ZooOptions(
        classes, own, OptionalLong.of(length), seed, initialization, auxiliaryHeads);
  }

  /** Another seed. */
  public ZooOptions withSeed(long next) {
    return new ZooOptions(classes, height, width, next, initialization, auxiliaryHeads);
  }

  /** Other initializers. */
  public ZooOptions withInitialization(Initialization next) {
    return new ZooOptions(classes, height, width, seed, next, auxiliaryHeads);
  }

  /** With or without the heads that help in training. */
  public ZooOptions withAuxiliaryHeads(boolean built) {
    return new ZooOptions(classes, height, width, seed, initialization, built);
  }
}
