package io.striate.op.contract;

import org.junit.jupiter.api.Tag;

/** The Vector API at 256 bits. */
@Tag("thorough")
class Vector256ContractTest extends WinogradContracts {
  Vector256ContractTest() {
    super(TestProvider.vector(256));
  }
}
