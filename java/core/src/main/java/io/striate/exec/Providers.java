package io.striate.exec;

import io.striate.op.Provider;
import io.striate.op.ffm.FfmProvider;
import io.striate.op.scalar.ScalarProvider;
import io.striate.op.vector.VectorProvider;

/** The providers of this process, each looked for once. */
final class Providers {
  private Providers() {}

  static Provider scalar() {
    return new ScalarProvider();
  }

  static Provider vector() {
    return new VectorProvider();
  }

  static Provider cpu() {
    return FfmProvider.cpu();
  }

  static Provider onednn() {
    return FfmProvider.onednn();
  }
}
