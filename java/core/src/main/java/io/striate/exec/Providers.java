package io.striate.exec;

import io.striate.op.Provider;
import io.striate.op.ffm.FfmProvider;
import io.striate.op.scalar.ScalarProvider;

/** The providers of this process, each looked for once. */
final class Providers {
  private Providers() {}

  static Provider scalar() {
    return new ScalarProvider();
  }

  static Provider vector() {
    return new AbsentProvider("vector", "not part of this build");
  }

  static Provider cpu() {
    return FfmProvider.cpu();
  }

  static Provider onednn() {
    return FfmProvider.onednn();
  }
}
