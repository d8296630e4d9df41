package io.striate.op.contract;

/** The native kernels up to AVX2. */
class CpuAvx2ContractTest extends ProviderContracts {
  CpuAvx2ContractTest() {
    super(TestProvider.cpu("avx2"));
  }
}
