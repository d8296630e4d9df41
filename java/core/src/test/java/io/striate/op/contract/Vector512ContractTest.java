package io.striate.op.contract;

/** The Vector API at 512 bits. */
class Vector512ContractTest extends WinogradContracts {
  Vector512ContractTest() {
    super(TestProvider.vector(512));
  }
}
