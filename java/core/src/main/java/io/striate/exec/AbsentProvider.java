package io.striate.exec;

import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Provider;
import java.util.Optional;

/** Stands for a provider whose classes cannot even be loaded here, with the reason. */
record AbsentProvider(String name, String reason) implements Provider {
  @Override
  public Optional<String> unavailable() {
    return Optional.of(reason);
  }

  @Override
  public String describe() {
    return "absent: " + reason;
  }

  @Override
  public Offer offer(KernelRequest request) {
    return new Offer.Refused(reason);
  }
}
