package io.striate.exec;

import io.striate.StriateException;
import io.striate.base.Shares;
import io.striate.graph.Graph;
import io.striate.graph.Passes;
import io.striate.graph.Value;
import io.striate.op.ffm.FfmProvider;
import io.striate.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph compiled to steps, each one kernel with packed weights and fixed addresses. Immutable and
 * thread-safe: any number of threads may each run an {@link Execution} of their own. Owns the
 * packed weights and the worker threads until closed; closing while a run is in flight lets that
 * run finish.
 */
public final class CompiledModel implements AutoCloseable {
  private final Graph graph;
  private final Options options;
  private final Plan plan;
  private final List<CompiledStep> steps;

  /** Memory of packed weights that came from a cache; kernels own the others. */
  private final Arena copies;

  private final Optional<WorkerPool> pool;
  private final AsyncThreads asyncThreads;
  private final Lifecycle lifecycle = new Lifecycle("this CompiledModel", this::free);

  private CompiledModel(
      Graph graph, Options options, Plan plan, List<CompiledStep> steps, Arena copies) {
    this.graph = graph;
    this.options = options;
    this.plan = plan;
    this.steps = List.copyOf(steps);
    this.copies = copies;
    boolean pooled = options.threads() > 1 && steps.stream().anyMatch(CompiledStep::isWorthSharing);
    this.pool =
        pooled
            ? Optional.of(new WorkerPool(options.threads(), options.executor()))
            : Optional.empty();
    this.asyncThreads = new AsyncThreads(options);
  }

  /**
   * Compiles a graph.
   *
   * @throws StriateException if the strategy is not available here or no provider can compute an
   *     op; the message says why
   * @throws IllegalArgumentException if the graph does not allow the batch or the options name an
   *     unknown node or kernel
   */
  public static CompiledModel compile(Graph source, Options options) {
    return compile(source, options, Strategies.named(options.strategy()));
  }

  /** The same by a strategy of one's own. */
  static CompiledModel compile(Graph source, Options options, Strategies.Strategy strategy) {
    Optional<String> reason = strategy.unavailable();
    if (reason.isPresent()) {
      throw new StriateException(
          "strategy '"
              + strategy.name()
              + "' is not available: "
              + reason.get()
              + "; `striate strategies` lists all");
    }
    Strategies.warnIfSlower(strategy);
    Graph graph = prepared(source, options);
    Plan plan = Planner.plan(graph, options, strategy);
    checkKernelNames(plan, options);
    @Nullable CompiledStep[] steps = new CompiledStep[plan.steps().size()];
    Arena copies = Arena.ofShared();
    try {
      Optional<WeightCache> cache = Optional.empty();
      Optional<Map<String, CompiledStep>> cached = Optional.empty();
      if (options.weightCache().isPresent()) {
        Path folder = options.weightCache().get();
        cache = Optional.of(new WeightCache(folder, source, graph, options, strategy));
        cached = cache.get().load(plan, copies);
      }
      Map<String, CompiledStep> known = cached.orElse(Map.of());
      for (int i = 0; i < steps.length; i++) {
        steps[i] = known.get(plan.steps().get(i).name());
      }
      KernelChooser chooser = new KernelChooser(strategy, options);
      // Native kernels are packed by as many threads as will run them; for the others the JVM's
      // own threads compile code meanwhile.
      boolean together = strategy.first() instanceof FfmProvider;
      Shares.run(
          together ? options.threads() : 1,
          steps.length,
          i -> {
            if (steps[i] == null) {
              steps[i] = chooser.choose(plan.steps().get(i));
            }
          });
      List<CompiledStep> made = new ArrayList<>();
      for (CompiledStep s : steps) {
        made.add(Objects.requireNonNull(s));
      }
      if (cache.isPresent() && cached.isEmpty()) {
        cache.get().store(made);
      }
      return new CompiledModel(graph, options, plan, made, copies);
    } catch (OutOfMemoryError e) {
      free(steps, copies);
      throw new StriateException(
          "there is no memory for the weights and tables of "
              + graph.name()
              + "; give the JVM more heap or choose a smaller model or input size",
          e);
    } catch (RuntimeException | Error e) {
      free(steps, copies);
      throw e;
    }
  }

  private static void free(@Nullable CompiledStep[] steps, Arena copies) {
    for (CompiledStep s : steps) {
      if (s != null) {
        s.kernel().close();
      }
    }
    copies.close();
  }

  /** The graph for the wanted batch, after the passes. */
  static Graph prepared(Graph source, Options options) {
    Graph graph = options.batch() == 0 ? source : source.withBatch(options.batch());
    return options.optimize()
        ? channelsLast(Passes.optimize(graph, CompiledModel::evaluate), options)
        : Passes.minimal(graph);
  }

  private static Graph channelsLast(Graph graph, Options options) {
    LayoutAssignment layouts = new LayoutAssignment(graph, options.dataFormat());
    return Passes.flattenInPlace(graph, layouts::isChannelsLast);
  }

  /** A model of steps that are made already, for {@link Tuner}; it then owns their kernels. */
  static CompiledModel of(Graph graph, Options options, Plan plan, List<CompiledStep> steps) {
    return new CompiledModel(graph, options, plan, steps, Arena.ofShared());
  }

  /**
   * Measures, for every step of a graph, the kernels of all providers of the strategy in their
   * place in the network, and keeps the times in {@link Options#tuneCache}, from where compiling
   * with the same options takes the fastest. Takes seconds to minutes; the machine should have
   * nothing else to do. {@code STRICT} measures kernels of direct algorithms only.
   *
   * @return all times, also where no cache is given
   * @throws StriateException as {@link #compile}, or if the cache is something else or cannot be
   *     written
   */
  public static Tuning tune(Graph source, Options options) {
    return new Tuner(source, options, Strategies.named(options.strategy())).run();
  }

  /** Runs a graph of constants for the constant folding pass. */
  private static List<Tensor> evaluate(Graph constants) {
    Options plain = Options.defaults().strategy("scalar").threads(1).optimize(false);
    try (CompiledModel model = compile(constants, plain);
        Execution run = model.newExecution()) {
      run.run();
      return constants.outputs().stream()
          .map(v -> Tensor.of(v.shape(), run.output(v.name()).toArray()))
          .toList();
    }
  }

  private static void checkKernelNames(Plan plan, Options options) {
    Set<String> unknown = new HashSet<>(options.kernels().keySet());
    for (Step s : plan.steps()) {
      unknown.remove(s.name());
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "no step is named "
              + unknown
              + "; explain() lists the steps, fused nodes carry the name of the last one");
    }
  }

  /** Memory and bindings for one thread at a time. */
  public Execution newExecution() {
    lifecycle.enter();
    try {
      return new Execution(this);
    } finally {
      lifecycle.leave();
    }
  }

  /**
   * Runs the model on zeros until it has its speed, so that the first real request is served like
   * the thousandth: every kernel is called, weights are paged in, threads are started, and the JIT
   * has compiled what runs. Ends when runs have not become faster for a quarter of a second, after
   * two seconds at the latest, but not before three runs. May be called from any thread, also while
   * others run the model; takes the memory of one execution meanwhile.
   *
   * @return the time of the fastest run
   */
  public Duration warmUp() {
    try (Execution run = newExecution()) {
      return WarmUp.run(run::run, System::nanoTime);
    }
  }

  /** The graph as compiled, after all passes. */
  public Graph graph() {
    return graph;
  }

  /** The options it was compiled with. */
  public Options options() {
    return options;
  }

  /** Inputs in order. */
  public List<Value> inputs() {
    return graph.inputs();
  }

  /** Outputs in order. */
  public List<Value> outputs() {
    return graph.outputs();
  }

  /** Bytes of activations, inputs and outputs that one execution holds, without scratch. */
  public long activationBytes() {
    return plan.memoryBytes();
  }

  /** Bytes of packed weights. */
  public long packedBytes() {
    return steps.stream().mapToLong(s -> s.kernel().packedBytes()).sum();
  }

  /** Which kernel runs in every step and why. */
  public Explanation explain() {
    return Explanation.of(this);
  }

  /**
   * Every kernel of the strategy that a step does not run, and why: {@code provider: id: reason}. A
   * kernel that cannot do the step says what it needs; one that can, and would run if {@link
   * Options#kernel} named it, says what is estimated to be faster or just comes after the one that
   * runs.
   *
   * @param step a name of {@link #explain}
   * @throws IllegalArgumentException if there is no such step
   * @throws IllegalStateException after close
   */
  public List<String> passedOver(String step) {
    lifecycle.enter();
    try {
      CompiledStep found =
          steps.stream()
              .filter(s -> s.step().name().equals(step))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "there is no step '" + step + "'; explain() lists the steps"));
      return KernelChooser.passedOver(found, Strategies.named(options.strategy()), options);
    } finally {
      lifecycle.leave();
    }
  }

  Plan plan() {
    return plan;
  }

  List<CompiledStep> steps() {
    return steps;
  }

  Optional<WorkerPool> pool() {
    return pool;
  }

  AsyncThreads asyncThreads() {
    return asyncThreads;
  }

  Lifecycle lifecycle() {
    return lifecycle;
  }

  private void free() {
    pool.ifPresent(WorkerPool::close);
    asyncThreads.close();
    steps.forEach(s -> s.kernel().close());
    copies.close();
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
