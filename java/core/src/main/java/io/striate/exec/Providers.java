package io.striate.exec;

import io.striate.op.Provider;
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
    return new AbsentProvider("cpu", "not part of this build");
  }

  static Provider onednn() {
    return new AbsentProvider("onednn", "not part of this build");
  }
}
