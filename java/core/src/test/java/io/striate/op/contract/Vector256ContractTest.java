package io.striate.op.contract;

/** The Vector API at 256 bits. */
class Vector256ContractTest extends ProviderContracts {
  Vector256ContractTest() {
    super(TestProvider.vector(256));
  }
}
