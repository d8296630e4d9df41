package io.striate.exec;

import io.striate.base.Memory;
import io.striate.op.Provider;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The strategies that a user can name. Each is an order of providers: the first one that accepts an
 * op computes it, and the refusals before it are kept for {@link CompiledModel#explain}.
 */
public final class Strategies {
  /**
   * A strategy and the providers it asks, in order. A provider of the strategy's own name must be
   * available; the others are left out where they are not, and not even looked for until all before
   * them have refused an op: loading oneDNN costs up to a second.
   */
  public record Strategy(String name, List<Provider> providers, String description) {
    /** Copies the list. */
    public Strategy {
      providers = List.copyOf(providers);
    }

    /** The provider that is asked first: the one of this name, else the first available one. */
    public Provider first() {
      Provider own = providers.get(0);
      if (own.name().equals(name)) {
        return own;
      }
      return providers.stream().filter(p -> p.unavailable().isEmpty()).findFirst().orElse(own);
    }

    /** Why it cannot be used here, or empty if it can. */
    public Optional<String> unavailable() {
      return first().unavailable();
    }

    /** The providers that this machine has, in order; looks for all of them. */
    public List<Provider> available() {
      return providers.stream().filter(p -> p.unavailable().isEmpty()).toList();
    }
  }

  /**
   * Where weights and activations lie in this process: on large pages, or why not. The packed
   * weights of native kernels ask for large pages by themselves.
   */
  public static String memory() {
    return Memory.describe();
  }

  /** Names in the order that users see. */
  private static final List<String> NAMES = List.of("scalar", "vector", "cpu", "onednn", "auto");

  /** One of each name per process. */
  private static final Map<String, Strategy> MADE = new ConcurrentHashMap<>();

  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private Strategies() {}

  /** Warns once per process if auto has to do without the native kernels. */
  static void warnIfSlower(Strategy strategy) {
    Strategy cpu = named("cpu");
    if (strategy.name().equals("auto")
        && cpu.unavailable().isPresent()
        && WARNED.compareAndSet(false, true)) {
      Log.warn(
          "strategy auto uses {0}: the native kernels are not available ({1})",
          strategy.first().name(), cpu.unavailable().get());
    }
  }

  private static Strategy make(String name) {
    Provider scalar = Providers.scalar();
    Provider vector = Providers.vector();
    Provider cpu = Providers.cpu();
    Provider onednn = Providers.onednn();
    return switch (name) {
      case "scalar" ->
          new Strategy(name, List.of(scalar), "plain Java loops, float64 sums: the oracle");
      case "vector" -> new Strategy(name, List.of(vector, scalar), "pure Java, Vector API");
      case "cpu" -> new Strategy(name, List.of(cpu, vector, scalar), "hand-tuned C++");
      case "onednn" ->
          new Strategy(name, List.of(onednn, cpu, vector, scalar), "oneDNN primitives");
      default ->
          new Strategy(
              name,
              List.of(cpu, onednn, vector, scalar),
              "the fastest available provider for every op");
    };
  }

  /** All strategies, available or not, in the order scalar, vector, cpu, onednn, auto. */
  public static List<Strategy> all() {
    return NAMES.stream().map(Strategies::named).toList();
  }

  /**
   * The strategy with this name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Strategy named(String name) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "there is no strategy '" + name + "'; choose one of " + NAMES);
    }
    return MADE.computeIfAbsent(name, Strategies::make);
  }
}
