package io.striate.op;

import java.util.Optional;

/**
 * A family of kernels: scalar, vector, cpu, onednn. A provider may be unavailable on a machine, and
 * may refuse a request; both come with a reason that reaches the user.
 */
public interface Provider {

  /** The name that users choose it by. */
  String name();

  /** Why it cannot be used on this machine, or empty if it can. */
  Optional<String> unavailable();

  /** One line for people: versions, instruction sets, libraries. */
  String describe();

  /**
   * The kernels that could serve the request, best first, or the reason why none can. Never throws
   * for a request that {@link KernelRequest} accepted, except that an unknown {@link
   * KernelRequest#kernelId} is a refusal too.
   */
  Offer offer(KernelRequest request);
}
