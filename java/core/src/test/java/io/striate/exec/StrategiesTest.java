package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.nn.Model;
import io.striate.op.Gemm;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Provider;
import io.striate.op.scalar.ScalarProvider;
import io.striate.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StrategiesTest {
  private static final Model LENET = Zoo.seeded("lenet5", 1);

  /** Computes what the scalar provider computes, or is missing, or must not be asked. */
  private static final class StandIn implements Provider {
    private final String name;
    private final Optional<String> missing;
    private final boolean products;
    private final List<String> asked = new ArrayList<>();

    StandIn(String name, Optional<String> missing, boolean products) {
      this.name = name;
      this.missing = missing;
      this.products = products;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Optional<String> unavailable() {
      asked.add("unavailable");
      return missing;
    }

    @Override
    public String describe() {
      asked.add("describe");
      return "a stand-in";
    }

    @Override
    public Offer offer(KernelRequest request) {
      asked.add(request.op().type());
      return request.op() instanceof Gemm && !products
          ? new Offer.Refused("no products today")
          : new ScalarProvider().offer(request);
    }
  }

  private static CompiledModel compile(String name, Provider... providers) {
    return CompiledModel.compile(
        LENET.graph(),
        Options.defaults().threads(1),
        new Strategies.Strategy(name, List.of(providers), "of this test"));
  }

  /** Who computes the steps, each named once. */
  private static List<String> providers(CompiledModel compiled) {
    return compiled.explain().rows().stream().map(Explanation.Row::provider).distinct().toList();
  }

  @Test
  void laterProvidersAreNotLookedForWhileEarlierOnesAccept() {
    StandIn first = new StandIn("first", Optional.empty(), true);
    StandIn second = new StandIn("second", Optional.empty(), true);
    try (CompiledModel compiled = compile("any", first, second)) {
      assertEquals(List.of("first"), providers(compiled));
    }
    assertTrue(first.asked.size() > 1, "the first provider was not asked");
    assertEquals(List.of(), second.asked);
  }

  @Test
  void theNextProviderTakesWhatIsRefused() {
    StandIn first = new StandIn("first", Optional.empty(), false);
    StandIn absent = new StandIn("absent", Optional.of("it is not here"), true);
    StandIn last = new StandIn("last", Optional.empty(), true);
    try (CompiledModel compiled = compile("any", first, absent, last)) {
      assertEquals(List.of("first", "last"), providers(compiled));
      List<String> refusals = compiled.explain().rows().getLast().refusals();
      assertEquals(List.of("first: no products today"), refusals);
    }
    assertEquals(Set.of("unavailable"), Set.copyOf(absent.asked));
    assertEquals(Set.of("unavailable", "gemm"), Set.copyOf(last.asked));
  }

  @Test
  void aStrategyNeedsTheProviderOfItsName() {
    StandIn own = new StandIn("own", Optional.of("it is not here"), true);
    StandIn other = new StandIn("other", Optional.empty(), true);
    assertTrue(
        assertThrows(StriateException.class, () -> compile("own", own, other))
            .getMessage()
            .contains("it is not here"));
    assertEquals(List.of(), other.asked);
    try (CompiledModel compiled = compile("any", own, other)) {
      assertEquals(List.of("other"), providers(compiled));
    }
  }
}
