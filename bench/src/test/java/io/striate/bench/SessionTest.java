package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every engine gives the oracle's answer, for a file and for a model of the zoo. */
class SessionTest {
  @TempDir private Path folder;

  static java.util.List<String> engines() {
    return Engine.names();
  }

  @ParameterizedTest
  @MethodSource("engines")
  void enginesAgree(String name) {
    Engine engine = new Engine(name);
    Optional<String> reason = engine.unavailable();
    assumeTrue(reason.isEmpty(), () -> name + " is not available: " + reason.orElseThrow());
    for (String model : new String[] {TinyModel.write(folder), "zoo:lenet5"}) {
      Subject subject = Subject.of(model, 2);
      try (Session oracle = new Engine(Engine.ORACLE).open(subject, 1);
          Session session = engine.open(subject, 2)) {
        oracle.run();
        session.run();
        double difference = Session.difference(oracle.output(), session.output());
        assertTrue(difference < 1e-5, model + ": " + difference);
      }
    }
  }

  @Test
  void aModelThatIsNotThereIsNamed() {
    var e = assertThrows(IllegalArgumentException.class, () -> Subject.of("none.onnx", 1));
    assertTrue(String.valueOf(e.getMessage()).contains("none.onnx"), e.getMessage());
  }

  @Test
  void differencesAreRelativeToTheLargestValue() {
    assertEquals(0.25, Session.difference(new float[] {-4, 1}, new float[] {-4, 2}));
    assertThrows(
        IllegalStateException.class,
        () -> Session.difference(new float[] {1, Float.NaN}, new float[] {1, Float.NaN}));
    assertThrows(
        IllegalStateException.class,
        () -> Session.difference(new float[] {0, 0}, new float[] {0, 0}));
    assertThrows(
        IllegalStateException.class, () -> Session.difference(new float[] {1}, new float[] {1, 2}));
  }
}
