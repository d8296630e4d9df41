package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Networks allocate nothing in a JVM whose own code has used the Vector API and memory segments
 * before, in every width and with every kind of segment and arena: the type profiles in the JDK's
 * access methods, which all code shares, then say nothing (see {@link KernelClass}). The build
 * gives each test class a JVM of its own.
 */
@Tag("thorough")
class PollutedProfilesTest {
  @BeforeAll
  static void pollute(@TempDir Path folder) throws IOException {
    ProfilePollution.run(folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lenet5",
        "squeezenet1.1",
        "googlenet",
        "mobilenet_v2",
        "se_inception",
        "efficientnet_b0",
        "inception_v3"
      })
  void networksAllocateNothing(String network) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Options options = Options.defaults().strategy("vector").threads(1);
    try (CompiledModel model = Zoo.seeded(network, 1).compile(options);
        Execution run = model.newExecution()) {
      long fewest = Long.MAX_VALUE;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (fewest > 0 && System.nanoTime() < end) {
        long before = threads.getCurrentThreadAllocatedBytes();
        run.run();
        fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, fewest, "bytes allocated by a run of " + network);
      assertTrue(model.explain().toString().contains("vector"), "vector kernels ran");
    }
  }
}
