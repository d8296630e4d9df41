package io.striate.op.contract;

/** The Vector API at 128 bits. */
class Vector128ContractTest extends WinogradContracts {
  Vector128ContractTest() {
    super(TestProvider.vector(128));
  }
}
