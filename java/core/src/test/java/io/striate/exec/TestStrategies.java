package io.striate.exec;

import java.util.List;

/** The strategies that this machine can run, printed with the reasons of those that it cannot. */
final class TestStrategies {
  private TestStrategies() {}

  static List<String> available() {
    return Strategies.all().stream()
        .filter(
            s -> {
              s.unavailable()
                  .ifPresent(r -> System.out.println("strategy " + s.name() + " skipped: " + r));
              return s.unavailable().isEmpty();
            })
        .map(Strategies.Strategy::name)
        .toList();
  }
}
