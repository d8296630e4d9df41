package io.striate.op.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.striate.op.Accuracy;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Provider;
import io.striate.op.TileTask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every provider owes for one op. A subclass per op gives the cases, a subclass of that per
 * provider the provider.
 *
 * <p>Each case runs through every kernel that the provider offers for it: once over all tiles, once
 * over a random partition in reverse order; the results must be within the bound of the reference
 * and bitwise equal to each other. Memory outside the operands is inaccessible, memory between
 * their elements is NaN or must stay as it was.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OpContract {
  private static final Map<String, List<Case>> SHARED = new ConcurrentHashMap<>();

  private final TestProvider description;
  private final Ledger ledger = new Ledger();
  private Optional<Provider> found = Optional.empty();

  OpContract(TestProvider description) {
    this.description = description;
  }

  /** Makes the cases of the op. */
  abstract Stream<Case> cases();

  /** The accuracy that is asked for. */
  Accuracy accuracy() {
    return Accuracy.STRICT;
  }

  /** Whether the contract is about kernels with this id; others that are offered do not count. */
  boolean isMeant(String id) {
    return true;
  }

  /** Names the cases, which contracts of the same name share. */
  String casesName() {
    return getClass().getSuperclass().getName();
  }

  /** The cases, made once for all providers because the references take their time. */
  final List<Case> shared() {
    String key = casesName() + description.sumsInDouble();
    return SHARED.computeIfAbsent(key, _ -> cases().map(Case::computedOnce).toList());
  }

  @BeforeAll
  void find() {
    StringBuilder reason = new StringBuilder();
    found = description.find(reason);
    if (found.isEmpty()) {
      String message = description.name() + " is missing: " + reason;
      if (description.isRequired()) {
        throw new AssertionError(message + "; STRIATE_REQUIRE lists it");
      }
      System.out.println(message);
      abort(message);
    }
  }

  final Provider provider() {
    return found.orElseThrow();
  }

  final TestProvider description() {
    return description;
  }

  @Test
  void agreesWithTheFormula() {
    List<String> failures = new ArrayList<>();
    shared()
        .forEach(
            c -> {
              try {
                check(c);
              } catch (AssertionError | RuntimeException e) {
                failures.add(e instanceof AssertionError ? e.getMessage() : c.name() + ": " + e);
              }
            });
    System.out.print(ledger.report(description.name() + ", " + getClass().getSimpleName() + ":"));
    if (!failures.isEmpty()) {
      throw new AssertionError(
          failures.size()
              + " cases failed:\n"
              + String.join("\n", failures.subList(0, Math.min(25, failures.size()))));
    }
    if (ledger.cases() == 0) {
      String message = description.name() + " refused every case";
      assertFalse(description.isRequired(), message);
      abort(message);
    }
  }

  /** Operands that carry the batch in dimension 0, for ops whose results have one. */
  List<Integer> batched(Case c) {
    return List.of();
  }

  @Test
  void resultsDoNotDependOnTheBatch() {
    List<Case> batches =
        shared().stream()
            .filter(c -> !batched(c).isEmpty() && c.dstShape().dim(0) > 1)
            .filter(this::accepts)
            .toList();
    batches.forEach(c -> new Manners(this).doesNotDependOnTheBatch(c, batched(c)));
  }

  @Test
  void kernelsHaveManners() {
    Manners manners = new Manners(this);
    for (Case c : samples()) {
      manners.refuses(c);
      manners.checksMemory(c);
      manners.writesOntoItsOperand(c);
      manners.endsWell(c);
      manners.runsOnTwoThreads(c);
    }
  }

  /** About eight cases that the provider accepts, spread over all. */
  private List<Case> samples() {
    List<Case> accepted = shared().stream().filter(this::accepts).toList();
    assumeFalse(accepted.isEmpty(), description.name() + " refuses every case");
    int step = Math.max(1, accepted.size() / 8);
    return IntStream.iterate(0, i -> i < accepted.size(), i -> i + step)
        .mapToObj(accepted::get)
        .toList();
  }

  private boolean accepts(Case c) {
    try (Bench bench = new Bench(c, false)) {
      return !kernels(bench).isEmpty();
    }
  }

  private void check(Case c) {
    try (Bench bench = new Bench(c, c.name().hashCode() % 2 == 0)) {
      List<String> ids = kernels(bench);
      for (String id : ids) {
        float[] whole = runWhole(c, bench, id);
        String what = description.name() + " " + id + " on " + c.name();
        c.expected().get().check(what, whole);
        Random random = new Random(c.name().hashCode());
        float[] parts = runPartition(c, bench, id, random, 2);
        assertBitwise(what + ", tiles in another order", whole, parts);
        ledger.ran(id);
      }
    }
  }

  /** Ids of the kernels that the provider offers; none after a refusal, which is noted. */
  private List<String> kernels(Bench bench) {
    try (Arena arena = Arena.ofConfined()) {
      Offer offer = provider().offer(bench.request(Optional.empty(), arena, 1, accuracy()));
      return switch (offer) {
        case Offer.Refused refused -> {
          assertTrue(
              refused.reason().length() > 10,
              "a refusal needs a reason, not '" + refused.reason() + "'");
          ledger.refused(refused.reason());
          yield List.of();
        }
        case Offer.Accepted accepted ->
            accepted.candidates().stream().map(Offer.Candidate::id).filter(this::isMeant).toList();
      };
    }
  }

  /** A kernel of this id, or the provider's best for an empty id. */
  final Kernel create(Bench bench, Optional<String> wantedId, int threads) {
    try (Arena arena = Arena.ofConfined()) {
      Optional<String> id = wantedId.or(() -> kernels(bench).stream().findFirst());
      KernelRequest request = bench.request(id, arena, threads, accuracy());
      Offer offer = provider().offer(request);
      if (!(offer instanceof Offer.Accepted accepted)) {
        throw new AssertionError(id + " was offered and then refused: " + offer);
      }
      Kernel kernel = Bench.create(accepted.candidates().get(0), request);
      id.ifPresent(
          wanted -> assertEquals(wanted, kernel.id(), "the kernel has another id than the offer"));
      return kernel;
    }
  }

  final float[] runWhole(Case c, Bench bench, String id) {
    try (Kernel kernel = create(bench, Optional.of(id), 1)) {
      bench.clear();
      bench.bind(kernel).run(0, kernel.tiles(), bench.scratch(kernel));
      return bench.result(id + " on " + c.name());
    }
  }

  private float[] runPartition(Case c, Bench bench, String id, Random random, int threads) {
    try (Kernel kernel = create(bench, Optional.of(id), threads)) {
      List<Integer> cuts = new ArrayList<>(List.of(0));
      while (cuts.getLast() < kernel.tiles()) {
        int most = kernel.tiles() < 20 ? 1 : kernel.tiles() / 8;
        cuts.add(Math.min(kernel.tiles(), cuts.getLast() + 1 + random.nextInt(most)));
      }
      bench.clear();
      TileTask task = bench.bind(kernel);
      for (int i = cuts.size() - 1; i > 0; i--) {
        MemorySegment scratch = bench.scratch(kernel);
        task.run(cuts.get(i - 1), cuts.get(i), scratch);
      }
      return bench.result(id + " on " + c.name());
    }
  }

  static void assertBitwise(String what, float[] expected, float[] actual) {
    int at = Arrays.mismatch(bits(expected), bits(actual));
    if (at >= 0) {
      throw new AssertionError(
          what
              + ": element "
              + at
              + " is "
              + actual[at]
              + " but was "
              + expected[at]
              + "; they must be bitwise equal");
    }
  }

  private static int[] bits(float[] values) {
    int[] out = new int[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Float.floatToIntBits(values[i]);
    }
    return out;
  }
}
