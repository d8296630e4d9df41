package io.striate.exec;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Kernel;
import io.striate.op.TileTask;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Measures kernels in their place: the network runs with the untuned kernels and, in turns, with
 * the next candidate of every step, so that each finds the caches as its neighbours leave them. A
 * candidate whose first tile says that it takes {@value #HOPELESS} times as long is not run in
 * full. The oracle, {@code scalar}, is a candidate only where no other provider has one.
 */
final class Tuner {
  /** Another's kernel, which stays open when a model that runs it is closed. */
  private record Borrowed(Kernel kernel) implements Kernel {
    @Override
    public String id() {
      return kernel.id();
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
      return kernel.bind(inputs, output);
    }

    @Override
    public void close() {}
  }

  private static final int HOPELESS = 3;
  private static final double NOISE = 0.97; // a gain of less is taken for none
  private static final long NANOS_PER_TURN = 1_500_000_000L; // for one set of candidates
  private static final int LEAST_RUNS = 5;
  private static final int MOST_RUNS = 60;

  private final Options options;
  private final Strategies.Strategy strategy;
  private final Graph graph;
  private final Plan plan;
  private final List<Stage> stageOf;
  private final List<List<KernelChooser.Candidate>> candidates = new ArrayList<>();

  /** Times of each step's candidates in the same order, as far as known. */
  private final List<List<Tuning.Time>> times = new ArrayList<>();

  Tuner(Graph source, Options options, Strategies.Strategy strategy) {
    strategy
        .unavailable()
        .ifPresent(
            reason -> {
              throw new StriateException(
                  "strategy '" + strategy.name() + "' is not available: " + reason);
            });
    this.options = options;
    this.strategy = strategy;
    this.graph = CompiledModel.prepared(source, options);
    this.plan = Planner.plan(graph, options, strategy);
    this.stageOf = plan.stageOfSteps();
  }

  Tuning run() {
    options.tuneCache().ifPresent(TuneCache::read); // a wrong file fails before the work
    int most = 1;
    for (Step step : plan.steps()) {
      List<KernelChooser.Candidate> all = KernelChooser.candidates(step, strategy, options);
      if (all.stream().anyMatch(c -> !c.provider().name().equals("scalar"))) {
        all = all.stream().filter(c -> !c.provider().name().equals("scalar")).toList();
      }
      if (all.isEmpty()) {
        throw new StriateException(
            "no provider of strategy '" + strategy.name() + "' can compute node " + step.name());
      }
      candidates.add(all);
      times.add(new ArrayList<>());
      most = Math.max(most, all.size());
    }
    List<Kernel> first = new ArrayList<>();
    try {
      for (List<KernelChooser.Candidate> all : candidates) {
        first.add(all.get(0).offer().create());
      }
      try (CompiledModel untuned = model(first, Set.of(), 0);
          Execution base = filled(untuned)) {
        long[] plain = medians(List.of(base)).get(0);
        for (int i = 0; i < plain.length; i++) {
          record(i, 0, (double) plain[i], false);
        }
        for (int next = 1; next < most; next++) {
          measure(next, first, base, plain);
        }
      }
    } finally {
      first.forEach(Kernel::close);
    }
    return finish();
  }

  /** A model that does not own its kernels; the steps of {@code trials} run candidate next. */
  private CompiledModel model(List<Kernel> kernels, Set<Integer> trials, int next) {
    List<CompiledStep> steps = new ArrayList<>();
    for (int i = 0; i < kernels.size(); i++) {
      steps.add(
          new CompiledStep(
              plan.steps().get(i),
              candidates.get(i).get(trials.contains(i) ? next : 0).provider().name(),
              new Borrowed(kernels.get(i)),
              List.of(),
              Optional.empty()));
    }
    return CompiledModel.of(graph, options, plan, steps);
  }

  /** Measures candidate {@code next} of every step that has one. */
  private void measure(int next, List<Kernel> first, Execution base, long[] plain) {
    List<Kernel> made = new ArrayList<>();
    List<Kernel> kernels = new ArrayList<>(first);
    Set<Integer> trials = new TreeSet<>(); // steps that run the candidate
    try {
      for (int i = 0; i < kernels.size(); i++) {
        if (next < candidates.get(i).size()) {
          kernels.set(i, candidates.get(i).get(next).offer().create());
          made.add(kernels.get(i));
          trials.add(i);
        }
      }
      try (CompiledModel model = model(kernels, trials, next);
          Execution trial = filled(model)) {
        for (int i : List.copyOf(trials)) {
          double rounds =
              stageOf.get(i).rounds()
                  * Math.ceil((double) kernels.get(i).tiles() / options.threads());
          double most = (double) HOPELESS * plain[i];
          double estimate = rounds * trial.probe(i, most / rounds);
          if (estimate > most) {
            record(i, next, estimate, true);
            kernels.set(i, first.get(i));
            trials.remove(i);
          }
        }
      }
      if (trials.isEmpty()) {
        return;
      }
      try (CompiledModel model = model(kernels, trials, next);
          Execution trial = filled(model)) {
        List<long[]> both = medians(List.of(base, trial));
        for (int i : trials) {
          double ratio = (double) both.get(1)[i] / Math.max(1, both.get(0)[i]);
          record(i, next, plain[i] * ratio, false);
        }
      }
    } finally {
      made.forEach(Kernel::close);
    }
  }

  private void record(int step, int candidate, double nanos, boolean estimated) {
    KernelChooser.Candidate c = candidates.get(step).get(candidate);
    times
        .get(step)
        .add(new Tuning.Time(c.provider().name(), c.offer().id(), nanos / 1e6, estimated));
  }

  private static Execution filled(CompiledModel model) {
    Execution execution = model.newExecution();
    SplittableRandom random = new SplittableRandom(1);
    for (Value v : model.inputs()) {
      float[] values = new float[Math.toIntExact(v.shape().elements())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextDouble();
      }
      execution.input(v.name()).copyFrom(values);
    }
    return execution;
  }

  /** Median nanoseconds of every step; executions take turns. */
  private static List<long[]> medians(List<Execution> executions) {
    List<List<long[]>> all = new ArrayList<>();
    for (Execution e : executions) {
      all.add(new ArrayList<>());
      e.run(); // pages, caches, code
      e.run();
    }
    long until = System.nanoTime() + NANOS_PER_TURN;
    for (int run = 0; run < MOST_RUNS && (run < LEAST_RUNS || System.nanoTime() < until); run++) {
      for (int i = 0; i < executions.size(); i++) {
        long[] nanos = new long[executions.get(i).steps()];
        executions.get(i).runTimed(nanos);
        all.get(i).add(nanos);
      }
    }
    List<long[]> medians = new ArrayList<>();
    for (List<long[]> runs : all) {
      long[] median = new long[runs.get(0).length];
      for (int i = 0; i < median.length; i++) {
        int step = i;
        median[i] = runs.stream().mapToLong(r -> r[step]).sorted().toArray()[runs.size() / 2];
      }
      medians.add(median);
    }
    return medians;
  }

  /** Equal requests get one kernel, the one that is the fastest for all of them together. */
  private Tuning finish() {
    Map<TuneCache.Key, List<Integer>> equal = new LinkedHashMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      Step step = plan.steps().get(i);
      TuneCache.Key key =
          KernelChooser.key(strategy, KernelChooser.request(step, options, Optional.empty()));
      if (options.kernels().containsKey(step.name())) {
        key = new TuneCache.Key(key.machine(), key.strategy(), "named " + step.name());
      }
      equal.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
    }
    int[] best = new int[candidates.size()];
    List<TuneCache.Entry> entries = new ArrayList<>();
    equal.forEach(
        (key, steps) -> {
          int fastest = fastest(steps);
          steps.forEach(i -> best[i] = fastest);
          int one = steps.get(0);
          if (!options.kernels().containsKey(plan.steps().get(one).name())) {
            List<TuneCache.Time> others =
                others(one, fastest).stream()
                    .filter(t -> !t.estimated())
                    .map(t -> cached(one, t))
                    .toList();
            entries.add(
                new TuneCache.Entry(
                    key,
                    cached(one, times.get(one).get(fastest)),
                    KernelChooser.build(candidates.get(one).get(fastest).provider()),
                    others));
          }
        });
    options.tuneCache().ifPresent(file -> TuneCache.add(file, entries));
    List<Tuning.Row> rows = new ArrayList<>();
    double before = 0;
    double after = 0;
    for (int i = 0; i < best.length; i++) {
      Tuning.Time untuned = times.get(i).get(0);
      Tuning.Time fastest = times.get(i).get(best[i]);
      rows.add(new Tuning.Row(plan.steps().get(i).name(), untuned, fastest, others(i, best[i])));
      before += untuned.millis();
      after += fastest.millis();
    }
    return new Tuning(title(), rows, before, after);
  }

  private int fastest(List<Integer> steps) {
    int best = 0;
    double least = NOISE * total(steps, 0);
    for (int c = 1; c < times.get(steps.get(0)).size(); c++) {
      if (total(steps, c) < least) {
        best = c;
        least = total(steps, c);
      }
    }
    return best;
  }

  private double total(List<Integer> steps, int candidate) {
    return steps.stream().mapToDouble(i -> times.get(i).get(candidate).millis()).sum();
  }

  private List<Tuning.Time> others(int step, int but) {
    List<Tuning.Time> others = new ArrayList<>(times.get(step));
    others.remove(but);
    return others;
  }

  /** The time of one round, on as many images as the key of the cache names. */
  private TuneCache.Time cached(int step, Tuning.Time time) {
    long nanos = Math.round(time.millis() * 1e6 / stageOf.get(step).rounds());
    return new TuneCache.Time(time.provider(), time.kernel(), nanos);
  }

  private String title() {
    return graph.name()
        + ": strategy "
        + strategy.name()
        + ", "
        + options.threads()
        + (options.threads() == 1 ? " thread" : " threads")
        + ", accuracy "
        + options.accuracy().name().toLowerCase(java.util.Locale.ROOT)
        + ", on "
        + Cpu.NAME;
  }
}
