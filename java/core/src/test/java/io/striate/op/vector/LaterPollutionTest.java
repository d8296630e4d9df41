package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Networks that run at speed go on so when other code of the JVM uses the Vector API and memory
 * segments for the first time after they were compiled, in every width and with every kind of
 * segment and arena. C2 would throw all kernels away for a class that it had taken for one that
 * never comes (see {@link KernelClass}): run by the interpreter, the next image takes a second and
 * allocates a gigabyte. The build gives each test class a JVM of its own.
 */
@Tag("thorough")
class LaterPollutionTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int FIRST_RUNS = 3;

  @Test
  void networksStayCompiled(@TempDir Path folder) throws IOException {
    List<String> networks = List.of("squeezenet1.1", "mobilenet_v2", "se_inception");
    List<CompiledModel> models = new ArrayList<>();
    List<Execution> runs = new ArrayList<>();
    try {
      for (String network : networks) {
        Options options = Options.defaults().strategy("vector").threads(1);
        models.add(Zoo.seeded(network, 1).compile(options));
        runs.add(models.getLast().newExecution());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        long bytes = Long.MAX_VALUE;
        while (bytes > 0 && System.nanoTime() < end) {
          bytes = Math.min(bytes, allocated(runs.getLast()));
        }
        assertEquals(0, bytes, "bytes allocated by a run of " + network + " before");
      }
      ProfilePollution.run(folder);
      for (int i = 0; i < networks.size(); i++) {
        long bytes = Long.MAX_VALUE;
        for (int run = 0; run < FIRST_RUNS; run++) {
          bytes = Math.min(bytes, allocated(runs.get(i)));
        }
        assertEquals(0, bytes, "bytes allocated by a run of " + networks.get(i) + " after");
      }
    } finally {
      runs.forEach(Execution::close);
      models.forEach(CompiledModel::close);
    }
  }

  private static long allocated(Execution run) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    run.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
