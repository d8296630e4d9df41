package io.striate.exec;

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
import java.util.ArrayList;
import java.util.HashMap;
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

  /** The steps with pairs made one, in the place of the second. */
  List<Step> apply(List<Step> steps) {
    Map<Buffer, Set<Integer>> users = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      for (Placement p : steps.get(i).operands()) {
        users.computeIfAbsent(p.buffer(), b -> new TreeSet<>()).add(i);
      }
    }
    List<Step> fused = new ArrayList<>(steps);
    for (int i = 0; i < steps.size(); i++) {
      Placement between = steps.get(i).output();
      List<Integer> both = List.copyOf(users.getOrDefault(between.buffer(), Set.of()));
      if (between.buffer().kind == Buffer.Kind.ARENA && both.size() == 2 && both.get(0) == i) {
        Step next = steps.get(both.get(1));
        if (next.inputs().equals(List.of(between))) {
          Optional<Step> one = fused(steps.get(i), next);
          if (one.isPresent()) {
            fused.set(i, null);
            fused.set(both.get(1), one.get());
          }
        }
      }
    }
    fused.removeIf(s -> s == null);
    return fused;
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
    try (Arena arena = Arena.ofShared()) {
      Function<Constant, Tensor> data = c -> c.data(arena);
      KernelRequest apart = KernelChooser.request(first, options, Optional.empty(), data);
      KernelRequest together = KernelChooser.request(both, options, named, data);
      for (Provider provider : providers) {
        if (provider.unavailable().isEmpty()
            && provider.offer(apart) instanceof Offer.Accepted chosen) {
          boolean pools =
              provider.offer(together) instanceof Offer.Accepted a
                  && (named.isPresent() || algorithm(a).equals(algorithm(chosen)));
          return pools ? Optional.of(both) : Optional.empty();
        }
      }
      return Optional.empty();
    }
  }

  /** Where windows overlap, outputs of the convolution would be needed more than once. */
  private static boolean isSideBySide(Window window) {
    return window.stride().equals(window.kernel())
        && window.dilation().stream().allMatch(d -> d == 1);
  }

  /** The id of the kernel that is taken, without the op. */
  private static String algorithm(Offer.Accepted offer) {
    String id = offer.candidates().get(0).id();
    return id.substring(id.indexOf('/'));
  }
}
