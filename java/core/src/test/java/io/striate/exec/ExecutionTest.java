package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.striate.nn.Model;
import io.striate.nn.Network;
import io.striate.zoo.Zoo;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExecutionTest {
  private static final Model LENET = Zoo.seeded("lenet5", 1);

  static List<String> strategies() {
    return TestStrategies.available();
  }

  private static float[] pixels(int batch, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[batch * 28 * 28];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return values;
  }

  private static float[] run(Model model, Options options, float[] pixels) {
    try (CompiledModel compiled = model.compile(options);
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(pixels);
      run.run();
      return run.output().toArray();
    }
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void agreesWithTheOracle(String strategy) {
    float[] x = pixels(3, 7);
    Options options = Options.defaults().batch(3).threads(1);
    float[] expected = run(LENET, options.strategy("scalar").optimize(false), x);
    assertArrayEquals(expected, run(LENET, options.strategy(strategy), x), 1e-5f);
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void threadsAndBatchDoNotChangeABit(String strategy) {
    float[] x = pixels(4, 9);
    Options options = Options.defaults().strategy(strategy);
    float[] one = run(LENET, options.batch(4).threads(1), x);
    assertArrayEquals(one, run(LENET, options.batch(4).threads(2), x));
    assertArrayEquals(one, run(LENET, options.batch(4).threads(3), x));
    for (int i = 0; i < 4; i++) {
      float[] single = Arrays.copyOfRange(x, i * 784, (i + 1) * 784);
      assertArrayEquals(
          Arrays.copyOfRange(one, i * 10, (i + 1) * 10),
          run(LENET, options.batch(1).threads(1), single),
          "image " + i);
    }
  }

  /**
   * Pure Java is left to VectorAllocationTest, in a JVM of its own: whether C2 keeps vectors out of
   * the heap depends on the profiles that other vector code has left in the same JVM.
   */
  static List<String> strategiesWithoutVector() {
    return strategies().stream().filter(s -> !s.equals("vector")).toList();
  }

  @ParameterizedTest
  @MethodSource("strategiesWithoutVector")
  void runAllocatesNothing(String strategy) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int count : new int[] {1, 2}) {
      Options options = Options.defaults().strategy(strategy).threads(count);
      try (CompiledModel compiled = LENET.compile(options);
          Execution run = compiled.newExecution()) {
        run.input().copyFrom(pixels(1, 3));
        long least = Long.MAX_VALUE;
        // What the JIT has not compiled yet may allocate; it needs long on a busy machine.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (least > 0 && System.nanoTime() < end) {
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int i = 0; i < 20; i++) {
            run.run();
          }
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least, "bytes allocated by 20 runs with " + count + " threads");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void manyThreadsShareOneModel(String strategy) throws Exception {
    float[] x = pixels(1, 21);
    try (CompiledModel compiled = LENET.compile(Options.defaults().strategy(strategy).threads(2));
        ExecutorService callers = Executors.newFixedThreadPool(4)) {
      float[] expected;
      try (Execution run = compiled.newExecution()) {
        run.input().copyFrom(x);
        run.run();
        expected = run.output().toArray();
      }
      Callable<Void> caller =
          () -> {
            try (Execution run = compiled.newExecution()) {
              run.input().copyFrom(x);
              for (int i = 0; i < 50; i++) {
                run.run();
                assertArrayEquals(expected, run.output().toArray());
              }
            }
            return null;
          };
      for (Future<Void> f : callers.invokeAll(List.of(caller, caller, caller, caller))) {
        f.get();
      }
    }
  }

  /** Also where Winograd spoils a whole tile and several images share a block of tiles. */
  @ParameterizedTest
  @MethodSource("strategies")
  void aNanStaysWithItsImage(String strategy) {
    Model net = Network.named("net").input(32, 14, 14).conv2d(32, 3).conv2d(64, 3).build();
    SplittableRandom random = new SplittableRandom(8);
    int size = 32 * 14 * 14;
    float[] x = new float[4 * size];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
    }
    Options options = Options.defaults().strategy(strategy).threads(2).batch(4);
    float[] expected = run(net, options, x);
    Arrays.fill(x, size, 2 * size, Float.NaN);
    float[] actual = run(net, options, x);
    int out = expected.length / 4;
    for (int image : new int[] {0, 2, 3}) {
      assertArrayEquals(
          Arrays.copyOfRange(expected, image * out, (image + 1) * out),
          Arrays.copyOfRange(actual, image * out, (image + 1) * out),
          "image " + image);
    }
    assertTrue(Float.isNaN(actual[out]), "NaN in, NaN out");
  }

  @Test
  void useAfterCloseIsAnException() {
    CompiledModel compiled = LENET.compile(Options.defaults().strategy("scalar").threads(1));
    Execution run = compiled.newExecution();
    var input = run.input();
    run.close();
    run.close();
    assertEquals(
        "this Execution is closed",
        assertThrows(IllegalStateException.class, run::run).getMessage());
    assertThrows(IllegalStateException.class, () -> input.set(1, 0, 0, 0, 0));
    Execution other = compiled.newExecution();
    compiled.close();
    compiled.close();
    assertEquals(
        "this CompiledModel is closed",
        assertThrows(IllegalStateException.class, other::run).getMessage());
    assertThrows(IllegalStateException.class, compiled::newExecution);
    other.close();
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void closeDuringRunIsSafe(String strategy) throws Exception {
    for (int round = 0; round < 10; round++) {
      CompiledModel compiled = LENET.compile(Options.defaults().strategy(strategy).threads(2));
      List<Thread> callers = new ArrayList<>();
      List<Throwable> unexpected = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Execution run = compiled.newExecution();
        Thread t =
            new Thread(
                () -> {
                  try (run) {
                    while (true) {
                      run.run();
                    }
                  } catch (IllegalStateException closed) {
                    // what a closed model must say
                  } catch (Throwable e) {
                    synchronized (unexpected) {
                      unexpected.add(e);
                    }
                  }
                });
        t.start();
        callers.add(t);
      }
      Thread.sleep(5);
      compiled.close();
      for (Thread t : callers) {
        t.join(10_000);
        assertTrue(!t.isAlive(), "a run must end after close");
      }
      assertEquals(List.of(), unexpected);
    }
  }

  @Test
  void unknownNamesAreErrors() {
    Options options = Options.defaults().threads(1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> LENET.compile(options.strategy("gpu")))
            .getMessage();
    assertTrue(message.contains("'gpu'") && message.contains("scalar"), message);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> LENET.compile(options.strategy("scalar").kernel("conv9", "x")))
            .getMessage();
    assertTrue(message.contains("conv9"), message);
    assertThrows(
        RuntimeException.class,
        () -> LENET.compile(options.strategy("scalar").kernel("logits", "gemm/none/such")));
    try (CompiledModel compiled = LENET.compile(options.strategy("scalar"));
        Execution run = compiled.newExecution()) {
      assertThrows(IllegalArgumentException.class, () -> run.input("pixels"));
      assertThrows(IllegalArgumentException.class, () -> run.runTimed(new long[1]));
    }
  }

  @Test
  void optionsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> Options.defaults().threads(0));
    assertThrows(IllegalArgumentException.class, () -> Options.defaults().batch(-1));
  }
}
