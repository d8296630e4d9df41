package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.ChildJvm;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the provider says where it should not be used, in JVMs of their own. */
class VectorAvailabilityTest {

  @Test
  void withoutFusedMultiplyAddItSaysSo() throws Exception {
    String output = provider("--add-modules", "jdk.incubator.vector", "-XX:-UseFMA");
    assertTrue(output.contains("fused multiply-add"), output);
    assertTrue(output.contains("-XX:-UseFMA"), output);
  }

  @Test
  void withoutTheVectorApiItSaysSo() throws Exception {
    String output = provider();
    assertTrue(output.contains("--add-modules jdk.incubator.vector"), output);
  }

  @Test
  void otherwiseItIsAvailable() throws Exception {
    Optional<String> here = new VectorProvider().unavailable();
    assumeTrue(here.isEmpty(), here.orElse(""));
    String output = provider("--add-modules", "jdk.incubator.vector");
    assertTrue(output.contains("available"), output);
  }

  @Test
  void patienceThatIsNoNumberIsNamed() throws Exception {
    String output =
        provider("--add-modules", "jdk.incubator.vector", "-Dstriate.vector.patience=soon");
    assertTrue(output.contains("striate.vector.patience is 'soon'; give whole seconds"), output);
    String none = provider("--add-modules", "jdk.incubator.vector", "-Dstriate.vector.patience=0");
    assertTrue(none.contains("available"), none);
  }

  private static String provider(String... flags) throws Exception {
    ChildJvm.Result result = ChildJvm.run(VectorAvailabilityTest.class, flags);
    assertEquals(0, result.code(), result.output());
    return result.output();
  }

  /** Prints why the provider cannot be used, or that it can. */
  public static void main(String[] args) {
    System.out.println(new VectorProvider().unavailable().orElse("available"));
  }
}
