package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the benchmark measures computes the right thing. */
class LayerTest {
  private static final List<LayerShape> SHAPES =
      List.of(
          LayerShape.parse("test", "3x3 conv 1 1 24 9 11 40 3 3 1 1 1 1 1 1 1 1 1", "here"),
          LayerShape.parse("test", "1x1 conv 1 2 32 7 7 48 1 1 1 1 0 0 0 0 1 1 1", "here"),
          LayerShape.parse("test", "stem conv 1 1 3 31 31 16 7 7 2 2 3 3 3 3 1 1 1", "here"),
          LayerShape.parse("test", "groups conv 1 1 16 8 8 24 3 3 1 1 1 0 1 2 1 1 2", "here"),
          LayerShape.parse("test", "dense dense 1 3 100 1 1 33 1 1 1 1 0 0 0 0 1 1 1", "here"));

  static List<Arguments> cases() {
    List<Arguments> all = new ArrayList<>();
    for (String strategy : List.of("scalar", "vector", "cpu", "onednn")) {
      for (LayerShape shape : SHAPES) {
        all.add(Arguments.of(strategy, shape));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithScalarOnOneThreadAndOnTwo(String strategy, LayerShape shape) {
    Optional<String> reason = new Engine(strategy).unavailable();
    assumeTrue(reason.isEmpty(), () -> strategy + " is not available: " + reason.orElseThrow());
    LayerData data = LayerData.seeded(shape, 7);
    LayerCheck check = new LayerCheck(shape, data);
    try (Layer one = Layer.open(shape, data, new Engine(strategy), 1);
        Layer two = Layer.open(shape, data, new Engine(strategy), 2)) {
      one.run();
      two.run();
      check.check(one);
      check.check(two);
      assertArrayEquals(one.output(), two.output());
      assertFalse(one.kernelId().isBlank());
    }
  }

  @Test
  void aWrongAnswerIsNoticed() {
    LayerShape shape = SHAPES.get(0);
    LayerData data = LayerData.seeded(shape, 7);
    LayerCheck check = new LayerCheck(shape, data);
    data.bias()[shape.oc() - 1] += 1e-4f;
    try (Layer scalar = Layer.open(shape, data, new Engine("scalar"), 1)) {
      scalar.run();
      var e = assertThrows(IllegalStateException.class, () -> check.check(scalar));
      assertTrue(String.valueOf(e.getMessage()).contains("at element"), e.getMessage());
    }
  }

  @Test
  void anUnknownStrategyIsNamed() {
    LayerShape shape = SHAPES.get(0);
    LayerData data = LayerData.seeded(shape, 7);
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Layer.open(shape, data, new Engine("gpu"), 1).close());
    assertTrue(String.valueOf(e.getMessage()).contains("'gpu'"), e.getMessage());
  }
}
