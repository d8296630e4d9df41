package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.nn.Model;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Weights load under every name that they are published with, strictly. */
class PublishedWeightsTest {

  /** The seeded weights of an architecture under other names. */
  private static Map<String, Tensor> renamed(String architecture, UnaryOperator<String> rename) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    Zoo.seeded(architecture, 3).weights().forEach((name, t) -> out.put(rename.apply(name), t));
    return out;
  }

  private static void loads(String architecture, Map<String, Tensor> file) {
    Architecture a = Zoo.of(architecture);
    Map<String, Tensor> loaded = a.build().withWeights(file, a.weightMap()).weights();
    Map<String, Tensor> expected = Zoo.seeded(architecture, 3).weights();
    assertEquals(expected.keySet(), loaded.keySet());
    String last = expected.keySet().stream().reduce((x, y) -> y).orElseThrow();
    assertArrayEquals(expected.get(last).toArray(), loaded.get(last).toArray());
  }

  @Test
  void squeezenetUnderThePapersNames() {
    Map<String, Tensor> file =
        renamed(
            "squeezenet1.1",
            name ->
                name.replace("features.0.", "conv1.")
                    .replace("features.3.", "fire2.")
                    .replace("features.4.", "fire3.")
                    .replace("features.6.", "fire4.")
                    .replace("features.7.", "fire5.")
                    .replace("features.9.", "fire6.")
                    .replace("features.10.", "fire7.")
                    .replace("features.11.", "fire8.")
                    .replace("features.12.", "fire9.")
                    .replace("classifier.1.", "conv10."));
    assertTrue(file.keySet().stream().noneMatch(n -> n.contains("features")));
    loads("squeezenet1.1", file);
    assertThrows(StriateException.class, () -> loads("squeezenet1.0", file));
  }

  @Test
  void densenetUnderItsOldNames() {
    loads(
        "densenet121",
        renamed("densenet121", n -> n.replaceAll("(layer\\d+\\.(norm|conv))(\\d)", "$1.$3")));
    loads("densenet121", renamed("densenet121", UnaryOperator.identity()));
  }

  @Test
  void googlenetWithCaffesSlashes() {
    loads("googlenet_paper", renamed("googlenet_paper", n -> n.replaceFirst("[.]", "/")));
  }

  /** Heads in the file are left over if the network has none, and needed if it has. */
  @Test
  void headsMayStayUnusedButNotMissing() {
    Architecture a = Zoo.of("googlenet");
    Map<String, Tensor> file = renamed("googlenet", UnaryOperator.identity());
    Model headed = a.build(ZooOptions.defaults().withAuxiliaryHeads(true));
    String message =
        assertThrows(StriateException.class, () -> headed.withWeights(file, a.weightMap()))
            .getMessage();
    assertTrue(message.contains("missing: aux2.fc2.bias 1000"), message);
    Tensor extra = Tensor.of(Shape.of(1), 1);
    file.put("aux1.fc2.bias", extra);
    file.put("conv1.bn.num_batches_tracked", extra);
    loads("googlenet", file);
    file.put("fc3.bias", extra);
    assertThrows(StriateException.class, () -> loads("googlenet", file));
  }
}
