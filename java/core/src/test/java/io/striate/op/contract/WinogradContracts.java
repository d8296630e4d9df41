package io.striate.op.contract;

import org.junit.jupiter.api.Nested;

/** The contracts of all ops for a provider that has Winograd convolution too. */
abstract class WinogradContracts extends ProviderContracts {
  private final TestProvider provider;

  WinogradContracts(TestProvider provider) {
    super(provider);
    this.provider = provider;
  }

  @Nested
  class Winograd2 extends WinogradContract {
    Winograd2() {
      super(provider, 2);
    }
  }

  @Nested
  class Winograd4 extends WinogradContract {
    Winograd4() {
      super(provider, 4);
    }
  }
}
