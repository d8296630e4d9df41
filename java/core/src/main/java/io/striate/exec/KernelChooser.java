package io.striate.exec;

import io.striate.StriateException;
import io.striate.base.LazyArena;
import io.striate.graph.Constant;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Provider;
import io.striate.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Picks the kernel of a step: the one that the options name for it, else the one that was measured
 * to be the fastest ({@link Options#tuneCache}), else the first of the first provider that accepts.
 */
final class KernelChooser {
  /** A kernel that could be made, and who offers it. */
  record Candidate(Provider provider, Offer.Candidate offer) {}

  private final Strategies.Strategy strategy;
  private final Options options;
  private final Optional<TuneCache> tuned;

  KernelChooser(Strategies.Strategy strategy, Options options) {
    this.strategy = strategy;
    this.options = options;
    this.tuned = options.tuneCache().flatMap(KernelChooser::read);
  }

  /** The cache, or a warning and nothing: a model is never refused for want of tuning. */
  private static Optional<TuneCache> read(java.nio.file.Path file) {
    try {
      TuneCache cache = TuneCache.read(file);
      if (cache.damaged() > 0) {
        Log.warn(
            "{0} damaged lines of the tuning cache {1} are left out; tune again to replace them",
            cache.damaged(), file);
      }
      return Optional.of(cache);
    } catch (StriateException e) {
      Log.warn("kernels are chosen untuned: {0}", e.getMessage());
      return Optional.empty();
    }
  }

  CompiledStep choose(Step step) {
    // Of constants that nobody needs once they are packed; why not confined: see CallArena.
    try (Arena arena = new LazyArena()) {
      return choose(step, arena);
    }
  }

  private CompiledStep choose(Step step, Arena arena) {
    Optional<String> named = Optional.ofNullable(options.kernels().get(step.name()));
    KernelRequest request = request(step, options, named, c -> c.data(arena));
    List<String> refusals = new ArrayList<>();
    if (named.isEmpty() && tuned.isPresent()) {
      Optional<CompiledStep> fastest = tuned(step, request, tuned.get(), refusals);
      if (fastest.isPresent()) {
        return fastest.get();
      }
    }
    for (Provider provider : strategy.providers()) {
      if (provider.unavailable().isPresent()) {
        continue;
      }
      switch (provider.offer(request)) {
        case Offer.Accepted accepted -> {
          Kernel kernel = accepted.candidates().get(0).create();
          return new CompiledStep(step, provider.name(), kernel, refusals, Optional.empty());
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

  /** The kernel of the cache, or the reason why it is not taken among the refusals. */
  private Optional<CompiledStep> tuned(
      Step step, KernelRequest request, TuneCache cache, List<String> refusals) {
    Optional<TuneCache.Entry> found = cache.find(key(strategy, request));
    if (found.isEmpty()) {
      refusals.add("tuning: " + cache.file() + " has no times for this step on this machine");
      return Optional.empty();
    }
    TuneCache.Time best = found.get().best();
    Optional<Provider> provider =
        strategy.providers().stream()
            .filter(p -> p.name().equals(best.provider()) && p.unavailable().isEmpty())
            .findFirst();
    if (provider.isEmpty() || !build(provider.get()).equals(found.get().build())) {
      refusals.add(
          "tuning: "
              + best.kernel()
              + " was measured with "
              + found.get().build()
              + ", which is not here; tune again");
      return Optional.empty();
    }
    return switch (provider.get().offer(request.withKernelId(best.kernel()))) {
      case Offer.Accepted accepted ->
          Optional.of(
              new CompiledStep(
                  step,
                  best.provider(),
                  accepted.candidates().get(0).create(),
                  refusals,
                  Optional.of(words(found.get()))));
      case Offer.Refused refused -> {
        refusals.add("tuning: " + refused.reason());
        yield Optional.empty();
      }
    };
  }

  /** {@code tuned: 0.31 ms against 0.47 ms of …}. */
  private static String words(TuneCache.Entry entry) {
    StringBuilder text = new StringBuilder("tuned: ").append(millis(entry.best()));
    String join = " against ";
    for (TuneCache.Time t : entry.others()) {
      text.append(join).append(millis(t)).append(" of ").append(t.kernel());
      join = ", ";
    }
    return text.append(entry.others().isEmpty() ? ", the only kernel" : "").toString();
  }

  private static String millis(TuneCache.Time time) {
    return String.format(Locale.ROOT, "%.3g ms", time.nanos() / 1e6);
  }

  /** All kernels of all available providers for a step, in the order of preference. */
  static List<Candidate> candidates(Step step, Strategies.Strategy strategy, Options options) {
    Optional<String> named = Optional.ofNullable(options.kernels().get(step.name()));
    KernelRequest request = request(step, options, named);
    List<Candidate> all = new ArrayList<>();
    for (Provider provider : strategy.available()) {
      if (provider.offer(request) instanceof Offer.Accepted accepted) {
        accepted.candidates().forEach(c -> all.add(new Candidate(provider, c)));
      }
    }
    return all;
  }

  /** {@code provider: id: reason} of every kernel of the strategy that a step does not run. */
  static List<String> passedOver(CompiledStep step, Strategies.Strategy strategy, Options options) {
    KernelRequest request = request(step.step(), options, Optional.empty());
    String able =
        options.kernels().containsKey(step.step().name())
            ? "could, but the options name another"
            : step.tuned().isPresent() ? "could, but did not win the tuning" : "comes after it";
    List<String> lines = new ArrayList<>();
    for (Provider provider : strategy.available()) {
      switch (provider.offer(request)) {
        case Offer.Accepted accepted -> {
          List<String> reasons = accepted.passedOver();
          for (Offer.Candidate c : accepted.candidates()) {
            boolean runs =
                provider.name().equals(step.provider()) && c.id().equals(step.kernel().id());
            if (!runs && reasons.stream().noneMatch(r -> r.startsWith(c.id() + ": "))) {
              lines.add(provider.name() + ": " + c.id() + ": " + able);
            }
          }
          reasons.stream()
              .filter(r -> !r.startsWith(step.kernel().id() + ": "))
              .forEach(r -> lines.add(provider.name() + ": " + r));
        }
        case Offer.Refused refused -> lines.add(provider.name() + ": " + refused.reason());
      }
    }
    return lines;
  }

  static KernelRequest request(Step step, Options options, Optional<String> kernelId) {
    return request(step, options, kernelId, Constant::data);
  }

  /** The same where {@code data} reads constants. */
  static KernelRequest request(
      Step step, Options options, Optional<String> kernelId, Function<Constant, Tensor> data) {
    List<Operand> operands = new ArrayList<>();
    for (Placement p : step.inputs()) {
      Optional<Constant> constant = p.buffer().constant;
      operands.add(
          constant.isEmpty()
              ? Operand.of(p.desc())
              : Operand.constant(p.desc(), data.apply(constant.get()).data()));
    }
    return new KernelRequest(
        step.op(), operands, step.output().desc(), options.threads(), options.accuracy(), kernelId);
  }

  /** What the time of a kernel depends on: the machine, and all of the request but its data. */
  static TuneCache.Key key(Strategies.Strategy strategy, KernelRequest request) {
    StringBuilder text = new StringBuilder();
    text.append(request.op());
    for (Operand o : request.inputs()) {
      text.append(o.constant().isPresent() ? " constant " : " ").append(o.desc());
    }
    text.append(" to ").append(request.output());
    text.append(", ").append(request.threads()).append(" threads, ").append(request.accuracy());
    return new TuneCache.Key(Cpu.NAME, strategy.name(), text.toString());
  }

  /** How a provider describes itself, as the cache writes it. */
  static String build(Provider provider) {
    return Objects.requireNonNull(provider.describe()).replaceAll("\\p{Cntrl}", " ");
  }
}
