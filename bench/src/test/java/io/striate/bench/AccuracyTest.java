package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Accuracy;
import io.striate.op.Conv;
import io.striate.op.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The accuracy report: what it compares, with what, and the page made of it. */
class AccuracyTest {
  @TempDir private Path folder;

  @Test
  void theWalkComputesWhatTheOracleComputes() {
    Subject subject = Subject.of("zoo:lenet5", 1);
    List<float[]> results = new ArrayList<>();
    List<String> constants = new ArrayList<>();
    LayerWalk.walk(
        subject,
        (node, op, operands, constant, right) -> {
          results.add(right);
          if (op instanceof Conv) {
            constants.add(constant.toString());
          }
        });
    assertArrayEquals(Oracle.answer(subject).output(), results.getLast());
    assertEquals(List.of("[false, true, true]"), constants.stream().distinct().toList());
  }

  @Test
  void everyProviderIsAskedAndEveryAlgorithmLiesNearTheOracle() {
    Set<String> asked = new HashSet<>();
    LayerWalk.walk(
        Subject.of("zoo:lenet5", 1),
        (node, op, operands, constant, right) -> {
          for (Candidates.Answer a :
              new Candidates(op, operands, constant, node.output().shape()).run()) {
            asked.add(a.algorithm().replaceFirst(" .*", ""));
            double max = Deviation.of(right, a.output()).max();
            assertTrue(max < 1e-5, () -> node.name() + ", " + a.kernel() + ": " + max);
            assertFalse(a.kernel().contains("winograd") && a.mode() == Accuracy.STRICT, a.kernel());
          }
        });
    Set<String> available = new HashSet<>();
    Candidates.providers().stream().map(Provider::name).forEach(available::add);
    assertEquals(available, asked);
    assertFalse(available.contains(Engine.ORACLE));
  }

  @Test
  void deviationsAreRelativeToTheLargestValue() {
    Deviation d = Deviation.of(new float[] {-4, 1, 0, 0}, new float[] {-4, 2, 0, 0});
    assertEquals(0.25, d.max());
    assertEquals(0.125, d.rms());
    assertThrows(
        IllegalStateException.class, () -> Deviation.of(new float[] {1}, new float[] {Float.NaN}));
    assertThrows(IllegalStateException.class, () -> Deviation.of(new float[1], new float[2]));
  }

  @Test
  void aReportIsWrittenAndBecomesAPage() throws IOException {
    Path file = folder.resolve("accuracy.json");
    AccuracyReport.main(new String[] {"--output", file.toString(), TinyModel.write(folder)});
    String page = Table.markdown(Files.readString(file), "x-accuracy.json");
    assertTrue(page.contains("| tiny.onnx | "), page);
    assertTrue(page.contains("| conv2d 2×4×4, weights 4×2×3×3 | "), page);
    assertTrue(page.contains("| gemm 16, weights 10×16 | "), page);
    assertTrue(page.contains("bench/results/x-accuracy.json"), page);
    Map<String, Object> all = Results.read(file);
    long models = Results.rows(all, "accuracyOfModels").size();
    assertEquals((long) Candidates.providers().size() * Accuracy.values().length, models);
  }

  @Test
  void thePublishedPageIsThatOfTheLatestResults() throws IOException {
    Optional<Path> latest = Results.latest(Results.ACCURACY_ENDING);
    Path page = Places.root().resolve("docs/accuracy.md");
    assertEquals(latest.isPresent(), Files.exists(page));
    if (latest.isPresent()) {
      String name = String.valueOf(latest.get().getFileName());
      assertEquals(AccuracyPage.markdown(Results.read(latest.get()), name), Files.readString(page));
    }
  }
}
