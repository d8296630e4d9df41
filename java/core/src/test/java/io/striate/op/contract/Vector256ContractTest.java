package io.striate.op.contract;

/** The Vector API at 256 bits. */
class Vector256ContractTest extends WinogradContracts {
  Vector256ContractTest() {
    super(TestProvider.vector(256));
  }
}
