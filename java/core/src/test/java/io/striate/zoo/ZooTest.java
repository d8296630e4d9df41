package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Model;
import io.striate.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooTest {

  static List<Architecture> all() {
    return Zoo.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void eachIsFoundByItsNameAndTellsItsSource(Architecture a) {
    assertEquals(a, Zoo.of(a.name()));
    assertTrue(a.name().matches("[a-z0-9._-]+"), a.name());
    assertTrue(a.paper().year() >= 1957 && !a.paper().authors().isEmpty(), a.paper().toString());
    assertTrue(!a.title().isEmpty() && !a.family().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("all")
  void eachTakesItsOwnInputAndNoMore(Architecture a) {
    Model model = a.build();
    assertEquals(a.name(), model.name());
    assertEquals(1, model.graph().inputs().size());
    Shape input = model.graph().inputs().get(0).shape();
    assertEquals(a.input().size() + 1, input.rank());
    for (int i = 0; i < a.input().size(); i++) {
      assertEquals(a.input().get(i), input.dim(i + 1));
    }
    assertEquals(1, model.graph().outputs().size());
    assertEquals(a.classes(), model.graph().outputs().get(0).shape().dim(1));
  }

  @Test
  void anUnknownNameIsAnErrorThatListsTheNames() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Zoo.of("resnet51")).getMessage();
    assertTrue(message.contains("'resnet51'") && message.contains("resnet50"), message);
  }

  @Test
  void optionsThatDoNotApplyAreErrors() {
    ZooOptions heads = ZooOptions.defaults().withAuxiliaryHeads(true);
    String message =
        assertThrows(IllegalArgumentException.class, () -> Zoo.of("vgg16").build(heads))
            .getMessage();
    assertTrue(message.contains("vgg16 has no auxiliary heads"), message);
    assertThrows(IllegalArgumentException.class, () -> ZooOptions.defaults().withClasses(0));
    assertThrows(IllegalArgumentException.class, () -> ZooOptions.defaults().withImage(0, 3));
  }

  @Test
  void classesAndImageSizeCanBeChosen() {
    Model model = Zoo.of("resnet18").build(ZooOptions.defaults().withClasses(7).withImage(64, 96));
    assertEquals(Shape.of(1, 3, 64, 96), model.graph().inputs().get(0).shape());
    assertEquals(Shape.of(1, 7), model.graph().outputs().get(0).shape());
    assertEquals(Shape.of(1, 10), Zoo.resnet50(10).graph().outputs().get(0).shape());
  }
}
