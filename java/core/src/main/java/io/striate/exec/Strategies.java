package io.striate.exec;

import io.striate.op.Provider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The strategies that a user can name. Each is an order of providers: the first one that accepts an
 * op computes it, and the refusals before it are kept for {@link CompiledModel#explain}.
 */
public final class Strategies {
  /**
   * A strategy and the providers it asks, in order; the first one gives it its name and must be
   * available.
   */
  public record Strategy(String name, List<Provider> providers, String description) {
    /** Copies the list. */
    public Strategy {
      providers = List.copyOf(providers);
    }

    /** Why it cannot be used here, or empty if it can. */
    public Optional<String> unavailable() {
      return providers.get(0).unavailable();
    }
  }

  private static final Map<String, Strategy> ALL = new LinkedHashMap<>();

  static {
    Provider scalar = Providers.scalar();
    Provider vector = Providers.vector();
    Provider cpu = Providers.cpu();
    Provider onednn = Providers.onednn();
    add("scalar", "plain Java loops, float64 sums: the oracle", scalar);
    add("vector", "pure Java, Vector API", vector, scalar);
    add("cpu", "hand-tuned C++", cpu, vector, scalar);
    add("onednn", "oneDNN primitives", onednn, cpu, vector, scalar);
    List<Provider> auto = new ArrayList<>();
    for (Provider p : List.of(cpu, onednn, vector, scalar)) {
      if (p.unavailable().isEmpty()) {
        auto.add(p);
      }
    }
    ALL.put("auto", new Strategy("auto", auto, "the fastest available provider for every op"));
  }

  private static final System.Logger LOG = System.getLogger("io.striate");
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private Strategies() {}

  /** Warns once per process if auto has to do without the native kernels. */
  static void warnIfSlower(Strategy strategy) {
    Strategy cpu = named("cpu");
    if (strategy.name().equals("auto")
        && cpu.unavailable().isPresent()
        && WARNED.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "strategy auto uses {0}: the native kernels are not available ({1})",
          strategy.providers().get(0).name(),
          cpu.unavailable().get());
    }
  }

  private static void add(String name, String description, Provider... order) {
    List<Provider> providers = new ArrayList<>();
    for (Provider p : order) {
      if (providers.isEmpty() || p.unavailable().isEmpty()) {
        providers.add(p);
      }
    }
    ALL.put(name, new Strategy(name, providers, description));
  }

  /** All strategies, available or not, in the order scalar, vector, cpu, onednn, auto. */
  public static List<Strategy> all() {
    return List.copyOf(ALL.values());
  }

  /**
   * The strategy with this name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Strategy named(String name) {
    Strategy s = ALL.get(name);
    if (s == null) {
      throw new IllegalArgumentException(
          "there is no strategy '" + name + "'; choose one of " + ALL.keySet());
    }
    return s;
  }
}
