package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.striate.ChildJvm;
import io.striate.nn.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A JVM in a control group with a CPU quota: the default number of threads follows the quota, and
 * the answers do not.
 */
class CpuQuotaTest {
  private static final int PERIOD_MICROS = 100_000;

  /** Where control groups with a CPU controller are made: version 1, then version 2. */
  private static final List<Path> PARENTS =
      List.of(
          Path.of("/sys/fs/cgroup/cpu"),
          Path.of("/sys/fs/cgroup/cpu,cpuacct"),
          Path.of("/sys/fs/cgroup"));

  /** In the child: threads by default, and the answer with as many. */
  public static void main(String[] args) {
    int threads = Options.defaults().threads();
    System.out.println("threads " + threads + " answer " + answer(threads));
  }

  private static int answer(int threads) {
    Network net = Network.named("quota");
    var model = net.input(3, 40, 40).conv2d(32, 3).relu().maxPool2d(2).flatten().dense(10).build();
    try (CompiledModel compiled =
            model.compile(Options.defaults().strategy("scalar").threads(threads));
        Execution run = compiled.newExecution()) {
      float[] pixels = new float[(int) run.input().shape().elements()];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (float) Math.sin(i);
      }
      run.input().copyFrom(pixels);
      for (int i = 0; i < 20; i++) {
        run.run();
      }
      return Arrays.hashCode(run.output().toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {50, 100, 150})
  void threadsFollowTheQuota(int percent) throws Exception {
    Path group = group(percent);
    try {
      List<String> inGroup =
          List.of("sh", "-c", "echo $$ > '" + group + "/cgroup.procs' && exec \"$@\"", "sh");
      ChildJvm.Result result = ChildJvm.run(inGroup, CpuQuotaTest.class, List.of(), List.of());
      int threads = Math.min((percent + 99) / 100, Runtime.getRuntime().availableProcessors());
      assertEquals("threads " + threads + " answer " + answer(2), result.output().strip());
      assertEquals(0, result.code());
    } finally {
      delete(group);
    }
  }

  /** A new control group, or the test is skipped and says why. */
  private static Path group(int percent) {
    List<String> reasons = new ArrayList<>();
    String name = "striate-test-" + ProcessHandle.current().pid() + "-" + percent;
    for (Path parent : PARENTS) {
      Path group = parent.resolve(name);
      try {
        Files.createDirectory(group);
        int quota = percent * PERIOD_MICROS / 100;
        if (Files.exists(group.resolve("cpu.cfs_quota_us"))) {
          Files.writeString(group.resolve("cpu.cfs_period_us"), "" + PERIOD_MICROS);
          Files.writeString(group.resolve("cpu.cfs_quota_us"), "" + quota);
          return group;
        } else if (Files.exists(group.resolve("cpu.max"))) {
          Files.writeString(group.resolve("cpu.max"), quota + " " + PERIOD_MICROS);
          return group;
        }
        reasons.add(parent + " controls no CPU time");
        delete(group);
      } catch (IOException e) {
        reasons.add(e.toString());
      }
    }
    String reason = "no control group can be made here: " + reasons;
    System.out.println("skipped: " + reason);
    assumeTrue(false, reason);
    throw new IllegalStateException(reason);
  }

  /** The system may need a moment to see that its last process has ended. */
  private static void delete(Path group) throws IOException {
    for (int attempt = 0; ; attempt++) {
      try {
        Files.deleteIfExists(group);
        return;
      } catch (IOException e) {
        if (attempt == 100) {
          throw e;
        }
        java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
      }
    }
  }
}
