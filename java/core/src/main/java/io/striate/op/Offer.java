package io.striate.op;

import java.util.List;
import java.util.function.Supplier;

/** A provider's answer to a request. */
public sealed interface Offer {

  /** At least one kernel, best first. */
  record Accepted(List<Candidate> candidates) implements Offer {
    /** Copies the list and checks that it is not empty. */
    public Accepted {
      candidates = List.copyOf(candidates);
      if (candidates.isEmpty()) {
        throw new IllegalArgumentException("an accepted offer needs a candidate; use Refused");
      }
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
