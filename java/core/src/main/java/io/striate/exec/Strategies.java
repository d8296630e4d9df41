package io.striate.exec;

import io.striate.op.Provider;
import java.util.ArrayList;
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

  /** Names in the order that users see. */
  private static final List<String> NAMES = List.of("scalar", "vector", "cpu", "onednn", "auto");

  /**
   * Made when first asked for: oneDNN is 90 MB to load, which other strategies need not wait for.
   */
  private static final Map<String, Strategy> MADE = new ConcurrentHashMap<>();

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

  private static Strategy make(String name) {
    Provider scalar = Providers.scalar();
    Provider vector = Providers.vector();
    Provider cpu = Providers.cpu();
    Provider onednn = Providers.onednn();
    return switch (name) {
      case "scalar" -> strategy(name, "plain Java loops, float64 sums: the oracle", scalar);
      case "vector" -> strategy(name, "pure Java, Vector API", vector, scalar);
      case "cpu" -> strategy(name, "hand-tuned C++", cpu, vector, scalar);
      case "onednn" -> strategy(name, "oneDNN primitives", onednn, cpu, vector, scalar);
      default -> {
        List<Provider> order = new ArrayList<>(List.of(cpu, onednn, vector, scalar));
        order.removeIf(p -> p.unavailable().isPresent());
        yield new Strategy(name, order, "the fastest available provider for every op");
      }
    };
  }

  /** The first provider, there or not, and the available ones of the others. */
  private static Strategy strategy(String name, String description, Provider... order) {
    List<Provider> providers = new ArrayList<>();
    for (Provider p : order) {
      if (providers.isEmpty() || p.unavailable().isEmpty()) {
        providers.add(p);
      }
    }
    return new Strategy(name, providers, description);
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
