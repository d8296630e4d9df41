package io.striate.op.contract;

import org.junit.jupiter.api.Nested;

/** The contracts of all ops for one provider; a subclass per provider. */
abstract class ProviderContracts {
  private final TestProvider provider;

  ProviderContracts(TestProvider provider) {
    this.provider = provider;
  }

  @Nested
  class Convolution extends ConvContract {
    Convolution() {
      super(provider);
    }
  }
}
