package io.striate.op.contract;

/** The oracle, summing in float64. */
class ScalarContractTest extends ProviderContracts {
  ScalarContractTest() {
    super(TestProvider.SCALAR);
  }
}
