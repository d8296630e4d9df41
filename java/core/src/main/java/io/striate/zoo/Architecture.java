package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.nn.WeightMap;
import java.util.List;
import java.util.OptionalLong;

/**
 * A published network: where it comes from, what it takes and how it is built.
 *
 * <p>Layers bear the names of torchvision's {@code state_dict} wherever torchvision has the
 * network, so that such weights load without a map.
 */
public final class Architecture {
  private final String name;
  private final String title;
  private final String family;
  private final Paper paper;
  private final List<Long> input;
  private final long classes;
  private final boolean auxiliaryHeads;
  private final WeightMap weightMap;
  private final Body body;

  private Architecture(
      String name,
      String title,
      String family,
      Paper paper,
      List<Long> input,
      long classes,
      boolean auxiliaryHeads,
      WeightMap weightMap,
      Body body) {
    this.name = name;
    this.title = title;
    this.family = family;
    this.paper = paper;
    this.input = List.copyOf(input);
    this.classes = classes;
    this.auxiliaryHeads = auxiliaryHeads;
    this.weightMap = weightMap;
    this.body = body;
  }

  /** All layers of an architecture. */
  @FunctionalInterface
  interface Body {
    /**
     * Puts the layers on the input; the first output is the answer, auxiliary heads follow.
     *
     * @param options with the number of classes filled in
     */
    List<Flow> build(Flow input, ZooOptions options);
  }

  /** All layers of an architecture with one output. */
  @FunctionalInterface
  interface Chain {
    /** Puts the layers on the input. */
    Flow build(Flow input, long classes);
  }

  /**
   * An architecture without auxiliary heads.
   *
   * @param input dimensions of the input without the batch: channels, then height and width or
   *     length; or features
   */
  static Architecture of(
      String name,
      String title,
      String family,
      Paper paper,
      List<Long> input,
      long classes,
      Chain chain) {
    Body body = (x, o) -> List.of(chain.build(x, o.classes().orElse(classes)));
    return new Architecture(
        name, title, family, paper, input, classes, false, WeightMap.torchvision(), body);
  }

  /** An architecture that builds auxiliary heads if the options ask for them. */
  static Architecture withHeads(
      String name,
      String title,
      String family,
      Paper paper,
      List<Long> input,
      long classes,
      Body body) {
    return new Architecture(
        name, title, family, paper, input, classes, true, WeightMap.torchvision(), body);
  }

  /** The same; its published weights also come as {@code map} says. */
  Architecture with(WeightMap map) {
    return new Architecture(name, title, family, paper, input, classes, auxiliaryHeads, map, body);
  }

  /** The name by which {@link Zoo#of} finds it: lower case, as torchvision's where it has one. */
  public String name() {
    return name;
  }

  /** The name for people, with what sets a variant apart. */
  public String title() {
    return title;
  }

  /** The group of variants that it belongs to. */
  public String family() {
    return family;
  }

  /** Its source. */
  public Paper paper() {
    return paper;
  }

  /**
   * Its own input without the batch: channels, then height and width or length; or the number of
   * features.
   */
  public List<Long> input() {
    return input;
  }

  /** Its own number of outputs. */
  public long classes() {
    return classes;
  }

  /** Whether it has classifiers that help in training. */
  public boolean hasAuxiliaryHeads() {
    return auxiliaryHeads;
  }

  /**
   * Where its weights are in files as published: under PyTorch's names, and under others that are
   * in use for this architecture.
   */
  public WeightMap weightMap() {
    return weightMap;
  }

  /** The network as published, with standard initialization. */
  public Model build() {
    return build(ZooOptions.defaults());
  }

  /**
   * The network with the given options.
   *
   * @throws IllegalArgumentException if it does not have what the options change, or does not fit
   *     the image size; the message names the layer
   */
  public Model build(ZooOptions options) {
    if (options.auxiliaryHeads() && !auxiliaryHeads) {
      throw new IllegalArgumentException(
          name + " has no auxiliary heads; leave withAuxiliaryHeads out");
    }
    Network network =
        Network.named(name).seed(options.seed()).initialization(options.initialization());
    ZooOptions filled = options.withClasses(options.classes().orElse(classes));
    List<Flow> outputs = body.build(network.input(dims(options)), filled);
    return network.build(outputs.toArray(Flow[]::new));
  }

  private long[] dims(ZooOptions options) {
    long[] dims = input.stream().mapToLong(Long::longValue).toArray();
    set(dims, "height", dims.length == 3 ? 1 : -1, options.height());
    set(dims, "width", dims.length >= 2 ? dims.length - 1 : -1, options.width());
    return dims;
  }

  private void set(long[] dims, String what, int axis, OptionalLong value) {
    if (value.isPresent() && axis < 0) {
      throw new IllegalArgumentException(
          name + " takes an input " + input + " without a " + what + "; leave it out");
    }
    if (value.isPresent()) {
      dims[axis] = value.getAsLong();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
