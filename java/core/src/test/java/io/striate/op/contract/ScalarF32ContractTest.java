package io.striate.op.contract;

import org.junit.jupiter.api.Tag;

/** The oracle, summing in float32. */
@Tag("thorough")
class ScalarF32ContractTest extends ProviderContracts {
  ScalarF32ContractTest() {
    super(TestProvider.SCALAR_F32);
  }
}
