package io.striate.zoo;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.nn.Model;
import io.striate.nn.Summary;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What the layers of a model give, and how far that is from what they should give. */
final class LayerOutputs {
  /** The distance of one layer's result, as a share of the largest expected value. */
  record Distance(String layer, double share) {
    boolean isWithin(double tolerance) {
      return share <= tolerance; // NaN is not.
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s %.2g", layer, share);
    }
  }

  private LayerOutputs() {}

  /** max|a - b| / max|b|; NaN if anything is. */
  static double share(float[] actual, float[] expected) {
    if (actual.length != expected.length) {
      throw new AssertionError(actual.length + " values instead of " + expected.length);
    }
    double largest = 0;
    double distance = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      distance = Math.max(distance, Math.abs((double) actual[i] - expected[i]));
    }
    return distance == 0 ? 0 : distance / largest;
  }

  /** The answer of a model, its first output. */
  static float[] answer(Model model, Tensor input, Options options) {
    try (CompiledModel compiled = model.compile(options);
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(input.toArray());
      run.run();
      return run.output(model.graph().outputs().get(0).name()).toArray();
    }
  }

  /** The distance of every layer that has an expectation, in the order of the model's layers. */
  static List<Distance> distances(
      Model model, Tensor input, Map<String, Tensor> expected, Options options) {
    List<String> layers =
        model.summary().rows().stream()
            .map(Summary.Row::layer)
            .filter(expected::containsKey)
            .toList();
    Map<String, float[]> actual = new LinkedHashMap<>();
    Model all = model.outputsAt(layers.toArray(String[]::new));
    try (CompiledModel compiled = all.compile(options);
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(input.toArray());
      run.run();
      layers.forEach(layer -> actual.put(layer, run.output(layer).toArray()));
    }
    List<Distance> out = new ArrayList<>();
    for (String layer : layers) {
      double share = share(actual.get(layer), expected.get(layer).toArray());
      out.add(new Distance(layer, share));
    }
    return out;
  }

  /** The first layer that is further away than allowed. */
  static Optional<Distance> firstDivergent(List<Distance> distances, double tolerance) {
    return distances.stream().filter(d -> !d.isWithin(tolerance)).findFirst();
  }
}
