package io.striate.op.contract;

import org.junit.jupiter.api.Tag;

/** The Vector API at 128 bits. */
@Tag("thorough")
class Vector128ContractTest extends WinogradContracts {
  Vector128ContractTest() {
    super(TestProvider.vector(128));
  }
}
