package io.striate.zoo;

import io.striate.nn.Initialization;
import io.striate.nn.Model;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The classic architectures by name. */
public final class Zoo {
  /** One line per family, oldest first. */
  private static final Map<String, Architecture> ALL =
      index(
          Stream.of(
              Perceptrons.all(),
              Neocognitron.all(),
              ZipCodeNets.all(),
              LeNet.all(),
              LectureNets.all(),
              AlexNet.all(),
              ZfNet.all(),
              NetworkInNetwork.all(),
              Vgg.all(),
              Fcn.all(),
              SentenceCnn.all(),
              GoogLeNet.all(),
              Inception.all(),
              InceptionV4.all(),
              ResNet.all(),
              CifarResNet.all(),
              SqueezeExcitation.all(),
              SqueezeNet.all(),
              DenseNet.all(),
              MobileNet.all(),
              EfficientNet.all()));

  private Zoo() {}

  private static Map<String, Architecture> index(Stream<List<Architecture>> families) {
    Map<String, Architecture> byName = new LinkedHashMap<>();
    families
        .flatMap(List::stream)
        .forEach(
            a -> {
              if (byName.putIfAbsent(a.name(), a) != null) {
                throw new IllegalStateException("two architectures are named " + a.name());
              }
            });
    return byName;
  }

  /** All architectures, family by family. */
  public static List<Architecture> all() {
    return List.copyOf(ALL.values());
  }

  /** All names. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * The architecture of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Architecture of(String name) {
    Architecture found = ALL.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "there is no architecture '" + name + "'; choose one of " + names());
    }
    return found;
  }

  /**
   * The architecture with perturbed weights drawn from {@code seed}, so that no term of the
   * untrained network is without effect: for tests and benchmarks.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Model seeded(String name, long seed) {
    return of(name).build(perturbed(seed));
  }

  /**
   * As above, for images of another size.
   *
   * @throws IllegalArgumentException if there is none of that name, or it does not take such images
   */
  public static Model seeded(String name, long seed, long height, long width) {
    return of(name).build(perturbed(seed).withImage(height, width));
  }

  private static ZooOptions perturbed(long seed) {
    return ZooOptions.defaults().withSeed(seed).withInitialization(Initialization.perturbed());
  }

  private static Model build(String name, long classes) {
    return of(name).build(ZooOptions.defaults().withClasses(classes));
  }

  /** LeNet-5 in its modern form, for 28×28 grey images. */
  public static Model lenet5(long classes) {
    return build("lenet5", classes);
  }

  /** AlexNet as torchvision has it. */
  public static Model alexnet(long classes) {
    return build("alexnet", classes);
  }

  /** VGG-16, configuration D. */
  public static Model vgg16(long classes) {
    return build("vgg16", classes);
  }

  /** GoogLeNet, without auxiliary heads. */
  public static Model googlenet(long classes) {
    return build("googlenet", classes);
  }

  /** SqueezeNet 1.1. */
  public static Model squeezenet(long classes) {
    return build("squeezenet1.1", classes);
  }

  /** ResNet-18. */
  public static Model resnet18(long classes) {
    return build("resnet18", classes);
  }

  /** ResNet-50. */
  public static Model resnet50(long classes) {
    return build("resnet50", classes);
  }

  /** MobileNet v2. */
  public static Model mobilenetV2(long classes) {
    return build("mobilenet_v2", classes);
  }
}
