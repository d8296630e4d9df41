package io.striate.exec;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Passes;
import io.striate.graph.Value;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Provider;
import io.striate.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
  private final Optional<WorkerPool> pool;
  private final AsyncThreads asyncThreads;
  private final Lifecycle lifecycle = new Lifecycle("this CompiledModel", this::free);

  private CompiledModel(Graph graph, Options options, Plan plan, List<CompiledStep> steps) {
    this.graph = graph;
    this.options = options;
    this.plan = plan;
    this.steps = List.copyOf(steps);
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
    strategy
        .unavailable()
        .ifPresent(
            reason -> {
              throw new StriateException(
                  "strategy '"
                      + strategy.name()
                      + "' is not available: "
                      + reason
                      + "; `striate strategies` lists all");
            });
    Strategies.warnIfSlower(strategy);
    Graph graph = options.batch() == 0 ? source : source.withBatch(options.batch());
    graph =
        options.optimize()
            ? Passes.optimize(graph, CompiledModel::evaluate)
            : Passes.minimal(graph);
    Plan plan = Planner.plan(graph, options.dataFormat());
    checkKernelNames(plan, options);
    List<CompiledStep> steps = new ArrayList<>();
    try {
      for (Step step : plan.steps()) {
        steps.add(choose(step, strategy, options));
      }
      return new CompiledModel(graph, options, plan, steps);
    } catch (OutOfMemoryError e) {
      steps.forEach(s -> s.kernel().close());
      throw new StriateException(
          "there is no memory for the weights and tables of "
              + graph.name()
              + "; give the JVM more heap or choose a smaller model or input size",
          e);
    } catch (RuntimeException | Error e) {
      steps.forEach(s -> s.kernel().close());
      throw e;
    }
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
    plan.steps().forEach(s -> unknown.remove(s.name()));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "no step is named "
              + unknown
              + "; explain() lists the steps, fused nodes carry the name of the last one");
    }
  }

  private static CompiledStep choose(Step step, Strategies.Strategy strategy, Options options) {
    List<Operand> operands = new ArrayList<>();
    for (Placement p : step.inputs()) {
      operands.add(new Operand(p.desc(), p.buffer().constant.map(Tensor::data)));
    }
    KernelRequest request =
        new KernelRequest(
            step.op(),
            operands,
            step.output().desc(),
            options.threads(),
            options.accuracy(),
            Optional.ofNullable(options.kernels().get(step.name())));
    List<String> refusals = new ArrayList<>();
    for (Provider provider : strategy.providers()) {
      if (provider.unavailable().isPresent()) {
        continue;
      }
      switch (provider.offer(request)) {
        case Offer.Accepted accepted -> {
          Kernel kernel = accepted.candidates().get(0).create();
          return new CompiledStep(step, provider.name(), kernel, refusals);
        }
        case Offer.Refused refused -> refusals.add(provider.name() + ": " + refused.reason());
      }
    }
    throw new StriateException(
        "no provider of strategy '"
            + strategy.name()
            + "' can compute node "
            + step.name()
            + " ("
            + step.op()
            + "): "
            + String.join("; ", refusals));
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
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
