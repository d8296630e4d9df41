package io.striate.op.contract;

/** oneDNN. */
class OneDnnContractTest extends ProviderContracts {
  OneDnnContractTest() {
    super(TestProvider.ONEDNN);
  }
}
