package io.striate.bench;

import io.striate.StriateException;
import io.striate.exec.Strategies;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What runs whole models: ONNX Runtime or a strategy of Striate. */
record Engine(String name) {
  /** The peer that everything is compared with. */
  static final String PEER = "onnxruntime";

  /** The oracle: every engine's answer is compared with its answer. */
  static final String ORACLE = "scalar";

  /** Checks the name. */
  Engine {
    if (!names().contains(name)) {
      throw new IllegalArgumentException(
          "there is no engine '" + name + "'; choose from " + names());
    }
  }

  /** All names: the peer, then the strategies. */
  static List<String> names() {
    List<String> names = new ArrayList<>(List.of(PEER));
    Strategies.all().forEach(s -> names.add(s.name()));
    return names;
  }

  boolean isPeer() {
    return name.equals(PEER);
  }

  /** Why it cannot run here, or empty if it can. */
  Optional<String> unavailable() {
    return isPeer() ? Optional.empty() : Strategies.named(name).unavailable();
  }

  /** Version or instruction set. */
  String describe() {
    return isPeer()
        ? "ONNX Runtime " + PeerSession.version()
        : Strategies.named(name).first().describe();
  }

  /**
   * Prepares the model and sets its inputs.
   *
   * @throws StriateException if the engine is not available here
   */
  Session open(Subject subject, int threads) {
    return isPeer()
        ? new PeerSession(subject, threads)
        : new StriateSession(name, subject, threads);
  }

  @Override
  public String toString() {
    return name;
  }
}
