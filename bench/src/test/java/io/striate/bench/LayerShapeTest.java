package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerShapeTest {
  @Test
  void readsTheColumnsInOrder() {
    LayerShape s = LayerShape.byId("alexnet/conv2");
    assertEquals(Shape.of(1, 96, 27, 27), s.src());
    assertEquals(Shape.of(256, 48, 5, 5), s.weights());
    assertEquals(Shape.of(1, 256, 27, 27), s.dst());
    assertEquals(2, s.groups());
    assertEquals(48 * 25, s.terms());
  }

  @Test
  void aDenseLayerIsAMatrixProduct() {
    LayerShape s = LayerShape.byId("vgg16/fc8");
    assertEquals(Shape.of(1, 4096), s.src());
    assertEquals(Shape.of(1, 1000), s.dst());
    assertEquals(4096L * 1000, s.macs());
  }

  /**
   * Multiply-adds of whole networks, as published: 3.8 to 4.1, 4.2, 0.8, 15.5, 0.7, 1.5 and 5.7
   * thousand million.
   */
  @ParameterizedTest
  @CsvSource({
    "resnet50, 4.05e9, 4.15e9",
    "resnext50, 4.2e9, 4.3e9",
    "regnetx800, 0.79e9, 0.81e9",
    "vgg16, 15.4e9, 15.5e9",
    "alexnet, 0.70e9, 0.75e9",
    "googlenet, 1.4e9, 1.65e9",
    "inception_v3, 5.70e9, 5.72e9"
  })
  void theLayersOfAModelAddUpToItsWork(String model, double least, double most) {
    double macs =
        LayerShape.ofModel(model).stream().mapToDouble(s -> (double) s.count() * s.macs()).sum();
    assertTrue(macs >= least && macs <= most, model + " has " + macs);
  }

  @Test
  void theJudgedLayersCoverBothKernelsAtAllThreeSizes() {
    List<String> kinds =
        LayerComparison.deciding().stream()
            .map(s -> s.kh() + "x" + s.h())
            .distinct()
            .sorted()
            .toList();
    assertEquals(List.of("1x14", "1x28", "1x56", "3x14", "3x28", "3x56"), kinds);
  }

  @ParameterizedTest
  @CsvSource({
    "conv1, is no shape id",
    "lenet9/conv1, there are no shapes of 'lenet9'",
    "resnet50/conv9, there is no layer 'resnet50/conv9'"
  })
  void unknownIdsAreNamed(String id, String message) {
    var e = assertThrows(IllegalArgumentException.class, () -> LayerShape.byId(id));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a conv 1 1 3 | has 5 columns",
        "a pool 1 1 3 8 8 4 3 3 1 1 0 0 0 0 1 1 1 | neither conv nor dense",
        "a conv 1 1 x 8 8 4 3 3 1 1 0 0 0 0 1 1 1 | in column 5 is no number"
      })
  void badLinesAreNamed(String line, String message) {
    var e =
        assertThrows(IllegalArgumentException.class, () -> LayerShape.parse("m", line, "m.txt:1"));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains("m.txt:1"), e.getMessage());
  }
}
