package io.striate.op.contract;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Provider;
import io.striate.op.TileTask;
import io.striate.op.contract.Data.Place;
import io.striate.op.scalar.ScalarProvider;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract itself: a good provider passes, and one with a single flaw does not. */
class ContractCatchesFlawsTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** What a flawed provider does wrong. */
  enum Flaw {
    NONE,
    LAST_BIT_OF_ONE_ELEMENT,
    FORGETS_AN_ELEMENT,
    WRITES_INTO_A_GAP,
    CHANGES_ITS_OPERAND,
    DEPENDS_ON_THE_PARTITION,
    DEPENDS_ON_THE_BATCH,
    READS_CONSTANTS_AT_RUN,
    REFUSES_WITHOUT_REASON,
    HAS_ANOTHER_ID,
    BINDS_ANYTHING,
    RUNS_AFTER_CLOSE
  }

  /** Two images, channels in the middle of wider pixels. */
  private abstract static class Small extends OpContract {
    Small(Flaw flaw) {
      super(new TestProvider("flawed", true, () -> new Flawed(flaw)));
    }

    @Override
    Stream<Case> cases() {
      ConvSpec spec = ConvSpec.of(3, 5, List.of(4, 4), 3, 3).images(2);
      return Stream.of(
          spec.places(Place.CHANNEL_RANGE, Place.CHANNEL_RANGE).toCase(true, true),
          spec.toCase(false, true));
    }

    @Override
    List<Integer> batched(Case c) {
      return List.of(0);
    }
  }

  // The contract is the thing under test here.
  @SuppressWarnings("JUnitMethodInvoked")
  private static void runAll(Flaw flaw) {
    OpContract contract = new Small(flaw) {};
    contract.find();
    contract.agreesWithTheFormula();
    contract.resultsDoNotDependOnTheBatch();
    contract.kernelsHaveManners();
  }

  @Test
  void aGoodProviderPasses() {
    assertDoesNotThrow(() -> runAll(Flaw.NONE));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aFlawIsCaught(Flaw flaw) {
    AssertionError e = assertThrows(AssertionError.class, () -> runAll(flaw));
    assertTrue(String.valueOf(e.getMessage()).length() > 20, "the message is " + e.getMessage());
  }

  @Test
  void aMissingProviderThatIsRequiredFails() {
    TestProvider gone =
        new TestProvider(
            "scalar-gone",
            true,
            () -> {
              throw new IllegalStateException("not built");
            });
    StringBuilder reason = new StringBuilder();
    assertTrue(gone.find(reason).isEmpty());
    assertTrue(reason.toString().contains("not built"));
  }

  /** The scalar provider with a flaw. */
  private record Flawed(Flaw flaw) implements Provider {
    @Override
    public String name() {
      return "flawed";
    }

    @Override
    public Optional<String> unavailable() {
      return Optional.empty();
    }

    @Override
    public String describe() {
      return "flawed: " + flaw;
    }

    @Override
    public Offer offer(KernelRequest request) {
      if (flaw == Flaw.REFUSES_WITHOUT_REASON) {
        return new Offer.Refused("no");
      }
      Offer offer = new ScalarProvider().offer(request);
      if (!(offer instanceof Offer.Accepted accepted)) {
        return offer;
      }
      Offer.Candidate good = accepted.candidates().get(0);
      return Offer.of(good.id(), () -> new FlawedKernel(flaw, request, good.create()));
    }
  }

  /** A kernel that spoils the work of a good one. */
  private record FlawedKernel(Flaw flaw, KernelRequest request, Kernel good) implements Kernel {
    @Override
    public String id() {
      return flaw == Flaw.HAS_ANOTHER_ID ? "something/else" : good.id();
    }

    @Override
    public int tiles() {
      return good.tiles();
    }

    @Override
    public long scratchBytes() {
      return good.scratchBytes();
    }

    @Override
    public void close() {
      if (flaw != Flaw.RUNS_AFTER_CLOSE) {
        good.close();
      }
    }

    @Override
    public TileTask bind(List<MemorySegment> inputs, MemorySegment output) {
      if (flaw == Flaw.BINDS_ANYTHING) {
        return (first, last, scratch) -> output.fill((byte) 0);
      }
      TileTask task = good.bind(inputs, output);
      return (first, last, scratch) -> {
        task.run(first, last, scratch);
        spoil(inputs.get(0), output, first, last);
      };
    }

    private void spoil(MemorySegment input, MemorySegment output, int first, int last) {
      long at = request.output().layout().offset() * Float.BYTES;
      boolean whole = first == 0 && last == tiles();
      float value = output.get(FLOAT, at);
      switch (flaw) {
        case LAST_BIT_OF_ONE_ELEMENT -> output.set(FLOAT, at, Math.nextUp(Math.nextUp(value)));
        case FORGETS_AN_ELEMENT -> output.set(FLOAT, at, Float.NaN);
        case WRITES_INTO_A_GAP -> output.set(FLOAT, 0, at == 0 ? value : 1f);
        case CHANGES_ITS_OPERAND -> input.set(FLOAT, 0, 1f);
        case DEPENDS_ON_THE_PARTITION -> output.set(FLOAT, at, whole ? value : Math.nextUp(value));
        case DEPENDS_ON_THE_BATCH -> {
          boolean one = request.output().shape().dim(0) == 1;
          output.set(FLOAT, at, one ? Math.nextUp(value) : value);
        }
        case READS_CONSTANTS_AT_RUN -> {
          float weight = request.inputs().get(1).constant().orElseThrow().get(FLOAT, 0);
          output.set(FLOAT, at, value + 0 * weight);
        }
        default -> {}
      }
    }
  }
}
