package io.striate.op.contract;

/** The native kernels without SIMD instructions. */
class CpuPortableContractTest extends ProviderContracts {
  CpuPortableContractTest() {
    super(TestProvider.cpu("portable"));
  }
}
