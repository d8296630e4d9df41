package io.striate.op.contract;

import org.junit.jupiter.api.Tag;

/** oneDNN. */
@Tag("thorough")
class OneDnnContractTest extends ProviderContracts {
  OneDnnContractTest() {
    super(TestProvider.ONEDNN);
  }
}
