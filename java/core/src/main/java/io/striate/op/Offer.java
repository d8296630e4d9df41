package io.striate.op;

import java.util.List;
import java.util.function.Supplier;

/** A provider's answer to a request. */
public sealed interface Offer {

  /**
   * At least one kernel, best first.
   *
   * @param passedOver {@code id: reason} of kernels of the provider that come after the first or
   *     cannot do the request
   */
  record Accepted(List<Candidate> candidates, List<String> passedOver) implements Offer {
    /** Copies the lists and checks that there is a candidate. */
    public Accepted {
      candidates = List.copyOf(candidates);
      passedOver = List.copyOf(passedOver);
      if (candidates.isEmpty()) {
        throw new IllegalArgumentException("an accepted offer needs a candidate; use Refused");
      }
    }

    /** Kernels, and nothing to say of others. */
    public Accepted(List<Candidate> candidates) {
      this(candidates, List.of());
    }
  }

  /** No kernel, and why. */
  record Refused(String reason) implements Offer {}

  /** One kernel that could be made. */
  record Candidate(String id, Supplier<Kernel> factory) {
    /** Checks, packs constants and makes the kernel. */
    public Kernel create() {
      return factory.get();
    }
  }

  /** An offer of a single kernel. */
  static Offer of(String id, Supplier<Kernel> factory) {
    return new Accepted(List.of(new Candidate(id, factory)));
  }
}
