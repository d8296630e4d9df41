package io.striate.exec;

import io.striate.base.LazyArena;
import io.striate.graph.Constant;
import io.striate.op.Conv;
import io.striate.op.ConvPool;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Pool;
import io.striate.op.Provider;
import io.striate.op.Window;
import io.striate.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Makes one step of a convolution and the pooling of its result where the kernel that would be
 * chosen for the convolution can pool as well, so that the result in between is never stored. The
 * algorithm stays, and with it every bit of the results. A kernel that the options name for either
 * step keeps the two apart, unless it is one that pools.
 */
final class PoolFusion {
  private final List<Provider> providers;
  private final Options options;

  PoolFusion(Strategies.Strategy strategy, Options options) {
    this.providers = strategy.providers();
    this.options = options;
  }

  /** Makes pairs one, in the place of the second. */
  void apply(List<Step> steps) {
    Map<Buffer, Set<Integer>> users = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      for (Placement p : steps.get(i).operands()) {
        users.computeIfAbsent(p.buffer(), b -> new TreeSet<>()).add(i);
      }
    }
    Set<Step> gone = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < steps.size(); i++) {
      Step first = steps.get(i);
      Placement between = first.output();
      List<Integer> both = List.copyOf(users.getOrDefault(between.buffer(), Set.of()));
      if (between.buffer().kind == Buffer.Kind.ARENA && both.size() == 2 && both.get(0) == i) {
        Step next = steps.get(both.get(1));
        if (next.inputs().equals(List.of(between))) {
          Optional<Step> one = fused(first, next);
          if (one.isPresent()) {
            gone.add(first);
            steps.set(both.get(1), one.get());
          }
        }
      }
    }
    steps.removeIf(gone::contains);
  }

  private Optional<Step> fused(Step first, Step second) {
    Optional<String> named = Optional.ofNullable(options.kernels().get(second.name()));
    if (!(first.op() instanceof Conv conv)
        || !(second.op() instanceof Pool pool)
        || !isSideBySide(pool.window())
        || options.kernels().containsKey(first.name())
        || (named.isPresent() && !named.get().startsWith("conv_pool/"))) {
      return Optional.empty();
    }
    Step both = new Step(second.name(), new ConvPool(conv, pool), first.inputs(), second.output());
    return pools(first, both, named) ? Optional.of(both) : Optional.empty();
  }

  /** Whether the first provider that is available would take the same kernel for both forms. */
  private boolean pools(Step apart, Step both, Optional<String> named) {
    Optional<Provider> provider =
        providers.stream().filter(p -> p.unavailable().isEmpty()).findFirst();
    if (provider.isEmpty()) {
      return false;
    }
    try (Arena arena = new LazyArena()) {
      Map<Constant, Tensor> read = new HashMap<>();
      Function<Constant, Tensor> data = c -> read.computeIfAbsent(c, k -> k.data(arena));
      Optional<String> pooling =
          algorithm(provider.get(), KernelChooser.request(both, options, named, data));
      if (pooling.isEmpty() || named.isPresent()) {
        return pooling.isPresent();
      }
      KernelRequest plain = KernelChooser.request(apart, options, Optional.empty(), data);
      return pooling.equals(algorithm(provider.get(), plain));
    }
  }

  /** Where windows overlap, outputs of the convolution would be needed more than once. */
  private static boolean isSideBySide(Window window) {
    return window.stride().equals(window.kernel())
        && window.dilation().stream().allMatch(d -> d == 1);
  }

  /** The id of the kernel that is taken, without the op; empty if the provider refuses. */
  private static Optional<String> algorithm(Provider provider, KernelRequest request) {
    if (!(provider.offer(request) instanceof Offer.Accepted accepted)) {
      return Optional.empty();
    }
    String id = accepted.candidates().get(0).id();
    return Optional.of(id.substring(id.indexOf('/')));
  }
}
