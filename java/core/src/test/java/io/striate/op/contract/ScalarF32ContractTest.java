package io.striate.op.contract;

/** The oracle, summing in float32. */
class ScalarF32ContractTest extends ProviderContracts {
  ScalarF32ContractTest() {
    super(TestProvider.SCALAR_F32);
  }
}
