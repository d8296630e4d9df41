package io.striate.bench;

import io.striate.StriateException;
import io.striate.exec.Strategies;
import io.striate.op.Accuracy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What runs whole models: ONNX Runtime, PyTorch or a strategy of Striate in an accuracy mode.
 * Written {@code onnxruntime}, {@code pytorch}, {@code cpu} (accuracy DEFAULT), {@code cpu:strict},
 * {@code cpu:fast}.
 */
record Engine(String name) {
  /** The peer that everything is compared with. */
  static final String PEER = "onnxruntime";

  /** PyTorch by way of DJL, a second peer where its libraries are there. */
  static final String PYTORCH = "pytorch";

  /** The oracle: every engine's answer is compared with its answer. */
  static final String ORACLE = "scalar";

  /** Checks the name. */
  Engine {
    if (!names().contains(strategy(name)) || !modes().contains(mode(name))) {
      throw new IllegalArgumentException(
          "there is no engine '"
              + name
              + "'; choose from "
              + names()
              + ", a strategy also with :strict or :fast");
    }
    if (name.contains(":") && isPeer(strategy(name))) {
      throw new IllegalArgumentException(
          "'" + name + "': a peer has no accuracy modes; write " + strategy(name));
    }
  }

  private static String strategy(String name) {
    int colon = name.indexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }

  private static String mode(String name) {
    int colon = name.indexOf(':');
    return colon < 0 ? "default" : name.substring(colon + 1);
  }

  private static List<String> modes() {
    return Stream.of(Accuracy.values()).map(a -> a.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** All names without accuracy modes: the peers, then the strategies. */
  static List<String> names() {
    List<String> names = new ArrayList<>(List.of(PEER, PYTORCH));
    Strategies.all().forEach(s -> names.add(s.name()));
    return names;
  }

  /** The engines of a list with commas. */
  static List<Engine> list(String commas) {
    return Stream.of(commas.split(",", -1)).map(Engine::new).toList();
  }

  private static boolean isPeer(String name) {
    return name.equals(PEER) || name.equals(PYTORCH);
  }

  /** Whether it is a library that Striate is compared with. */
  boolean isPeer() {
    return isPeer(name);
  }

  /** The strategy; of a peer its name. */
  String strategy() {
    return strategy(name);
  }

  /** Which algorithms it may use; DEFAULT for a peer. */
  Accuracy accuracy() {
    return Accuracy.valueOf(mode(name).toUpperCase(Locale.ROOT));
  }

  /** Why it cannot run here, or empty if it can. */
  Optional<String> unavailable() {
    return switch (name) {
      case PEER -> Optional.empty();
      case PYTORCH -> TorchSession.unavailable();
      default -> Strategies.named(strategy()).unavailable();
    };
  }

  /** Version or instruction set. */
  String describe() {
    return switch (name) {
      case PEER -> "ONNX Runtime " + PeerSession.version();
      case PYTORCH -> TorchSession.version();
      default -> Strategies.named(strategy()).first().describe();
    };
  }

  /**
   * Prepares the model and sets its inputs.
   *
   * @throws StriateException if the engine is not available here
   */
  Session open(Subject subject, int threads) {
    return switch (name) {
      case PEER -> new PeerSession(subject, threads);
      case PYTORCH -> new TorchSession(subject, threads);
      default -> new StriateSession(strategy(), accuracy(), subject, threads);
    };
  }

  @Override
  public String toString() {
    return name;
  }
}
