package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Model;
import io.striate.nn.Sequential;
import io.striate.op.Accuracy;
import io.striate.op.Conv;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Provider;
import io.striate.op.TileTask;
import io.striate.op.scalar.ScalarProvider;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TunerTest {
  private static final Model MODEL =
      Sequential.input(12, 12, 4).conv2d(4, 3).relu().conv2d(4, 3).flatten().dense(3).build();

  @TempDir Path folder;

  /** The kernel of another provider, run several times in a row. */
  private record Repeated(Kernel kernel, int times) implements Kernel {
    @Override
    public String id() {
      return "stand-in/" + times;
    }

    @Override
    public int tiles() {
      return kernel.tiles();
    }

    @Override
    public long scratchBytes() {
      return kernel.scratchBytes();
    }

    @Override
    public TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
      TileTask task = kernel.bind(inputs, output);
      return (first, last, scratch) -> {
        for (int i = 0; i < times; i++) {
          task.run(first, last, scratch);
        }
      };
    }

    @Override
    public void close() {
      kernel.close();
    }
  }

  /** Offers convolutions that run the given numbers of times, the untuned one first. */
  private record StandIn(String build, int... times) implements Provider {
    @Override
    public String name() {
      return "stand-in";
    }

    @Override
    public Optional<String> unavailable() {
      return Optional.empty();
    }

    @Override
    public String describe() {
      return build;
    }

    @Override
    public Offer offer(KernelRequest request) {
      if (!(request.op() instanceof Conv)) {
        return new Offer.Refused("only convolutions");
      }
      List<Offer.Candidate> all = new ArrayList<>();
      for (int n : times) {
        String id = "stand-in/" + n;
        if (request.kernelId().isEmpty() || request.kernelId().get().equals(id)) {
          KernelRequest plain =
              new KernelRequest(
                  request.op(),
                  request.inputs(),
                  request.output(),
                  request.threads(),
                  request.accuracy(),
                  Optional.empty());
          Offer.Accepted scalar = (Offer.Accepted) new ScalarProvider().offer(plain);
          all.add(
              new Offer.Candidate(id, () -> new Repeated(scalar.candidates().get(0).create(), n)));
        }
      }
      return all.isEmpty() ? new Offer.Refused("no such kernel here") : new Offer.Accepted(all);
    }
  }

  private static Strategies.Strategy strategy(String build, int... times) {
    return new Strategies.Strategy(
        "stand-in", List.of(new StandIn(build, times), new ScalarProvider()), "for tests");
  }

  private static float[] answer(CompiledModel model) {
    try (Execution run = model.newExecution()) {
      float[] values = new float[(int) run.input().shape().elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) Math.sin(i);
      }
      run.input().copyFrom(values);
      run.run();
      return run.output().toArray();
    }
  }

  @Test
  void fastestKernelIsFoundKeptAndUsed() throws IOException {
    Path file = folder.resolve("tuning.txt");
    Options options = Options.defaults().threads(1).tuneCache(file);
    Strategies.Strategy strategy = strategy("build 1", 2, 5000, 1);
    float[] untuned;
    try (CompiledModel model =
        CompiledModel.compile(MODEL.graph(), Options.defaults().threads(1), strategy)) {
      untuned = answer(model);
      assertFalse(model.explain().toString().contains("tuned"));
    }

    Tuning tuning = new Tuner(MODEL.graph(), options, strategy).run();
    String conv =
        tuning.rows().stream()
            .filter(r -> r.fastest().kernel().startsWith("stand-in"))
            .findFirst()
            .orElseThrow()
            .step();
    Tuning.Row row = tuning.row(conv).orElseThrow();
    assertEquals("stand-in/2", row.untuned().kernel());
    assertEquals("stand-in/1", row.fastest().kernel());
    assertTrue(row.changed());
    assertEquals(
        List.of("stand-in/2", "stand-in/5000"),
        row.others().stream().map(Tuning.Time::kernel).toList());
    assertTrue(row.others().get(1).estimated(), "hopeless kernels are not run in full");
    assertTrue(tuning.after() < tuning.before());
    assertTrue(tuning.toString().contains("faster than untuned"));

    try (CompiledModel model = CompiledModel.compile(MODEL.graph(), options, strategy)) {
      Explanation.Row used =
          model.explain().rows().stream()
              .filter(r -> r.name().equals(conv))
              .findFirst()
              .orElseThrow();
      assertEquals("stand-in/1", used.kernel());
      String words = used.tuned().orElseThrow();
      assertTrue(words.matches("tuned: .* ms against .* ms of stand-in/2"), words);
      assertTrue(model.explain().toString().contains(words));
      assertArrayEquals(untuned, answer(model));
    }
    // What the options name for a step comes first.
    try (CompiledModel model =
        CompiledModel.compile(MODEL.graph(), options.kernel(conv, "stand-in/2"), strategy)) {
      assertEquals("stand-in/2", kernel(model, conv));
    }
    // Times for another number of threads, or of another build, do not count, and explain says so.
    try (CompiledModel model = CompiledModel.compile(MODEL.graph(), options.threads(2), strategy)) {
      assertEquals("stand-in/2", kernel(model, conv));
      assertTrue(model.explain().toString().contains("has no times for this step"));
    }
    try (CompiledModel model =
        CompiledModel.compile(MODEL.graph(), options, strategy("build 2", 2, 1))) {
      assertEquals("stand-in/2", kernel(model, conv));
      assertTrue(model.explain().toString().contains("was measured with build 1"));
    }
    try (CompiledModel model =
        CompiledModel.compile(MODEL.graph(), options, strategy("build 1", 2))) {
      assertEquals("stand-in/2", kernel(model, conv));
      assertTrue(model.explain().toString().contains("no such kernel here"));
    }
    // A file that is something else: untuned, with a warning.
    Files.writeString(file, "something else");
    try (CompiledModel model = CompiledModel.compile(MODEL.graph(), options, strategy)) {
      assertEquals("stand-in/2", kernel(model, conv));
    }
  }

  private static String kernel(CompiledModel model, String step) {
    return model.explain().rows().stream()
        .filter(r -> r.name().equals(step))
        .findFirst()
        .orElseThrow()
        .kernel();
  }

  @Test
  void strictMeasuresDirectKernelsOnly() {
    if (Strategies.named("cpu").unavailable().isPresent()) {
      System.out.println("skipped: " + Strategies.named("cpu").unavailable().get());
      return;
    }
    Model model = Sequential.input(14, 14, 64).conv2d(64, 3, c -> c.padding(1)).build();
    for (Accuracy accuracy : List.of(Accuracy.STRICT, Accuracy.DEFAULT)) {
      Strategies.Strategy cpu =
          new Strategies.Strategy("cpu", List.of(Providers.cpu()), "without the others");
      Tuning tuning =
          new Tuner(model.graph(), Options.defaults().threads(1).accuracy(accuracy), cpu).run();
      boolean winograd =
          tuning.rows().stream()
              .flatMap(
                  r ->
                      java.util.stream.Stream.concat(
                          java.util.stream.Stream.of(r.fastest()), r.others().stream()))
              .anyMatch(t -> t.kernel().contains("winograd"));
      assertEquals(accuracy != Accuracy.STRICT, winograd, accuracy.toString());
      assertTrue(tuning.rows().stream().anyMatch(r -> !r.others().isEmpty()));
    }
  }
}
