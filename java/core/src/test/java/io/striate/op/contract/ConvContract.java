package io.striate.op.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Convolution: at least 300 curated and 300 random shapes, each on integers and on reals. */
abstract class ConvContract extends OpContract {
  ConvContract(TestProvider description) {
    super(description);
  }

  private static final Map<Boolean, List<Case>> CASES = new ConcurrentHashMap<>();

  @Override
  Stream<Case> cases() {
    return CASES.computeIfAbsent(description().sumsInDouble(), ConvContract::all).stream();
  }

  /** Shared by all providers, because the reference takes its time. */
  private static List<Case> all(boolean sumsInDouble) {
    return Stream.concat(ConvSpecs.curated().stream(), ConvSpecs.random(Seeds.seed(), 300).stream())
        .flatMap(s -> Stream.of(s.toCase(true, sumsInDouble), s.toCase(false, sumsInDouble)))
        .map(Case::computedOnce)
        .toList();
  }

  @Test
  void thereAreEnoughShapes() {
    List<ConvSpec> curated = ConvSpecs.curated();
    assertTrue(curated.stream().distinct().count() >= 300, curated.size() + " curated shapes");
  }
}
