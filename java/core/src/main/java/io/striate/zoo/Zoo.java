package io.striate.zoo;

import io.striate.graph.Graph;
import io.striate.nn.Model;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/** The bundled architectures by name, with weights drawn from a seed. */
public final class Zoo {
  private static final Map<String, LongFunction<Graph>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("lenet5", Classics::lenet5);
    ALL.put("alexnet", Classics::alexnet);
    ALL.put("vgg16", Classics::vgg16);
    ALL.put("googlenet", GoogLeNet::build);
    ALL.put("squeezenet1.1", Classics::squeezenet);
    ALL.put("resnet18", seed -> ResNets.basic("resnet18", new int[] {2, 2, 2, 2}, seed));
    ALL.put("resnet50", seed -> ResNets.bottleneck("resnet50", new int[] {3, 4, 6, 3}, seed));
    ALL.put("mobilenet_v2", MobileNet::v2);
  }

  private Zoo() {}

  /** All names. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * The architecture with weights drawn from {@code seed}.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Model seeded(String name, long seed) {
    LongFunction<Graph> builder = ALL.get(name);
    if (builder == null) {
      throw new IllegalArgumentException(
          "there is no architecture '" + name + "'; choose one of " + names());
    }
    return Model.of(builder.apply(seed));
  }
}
