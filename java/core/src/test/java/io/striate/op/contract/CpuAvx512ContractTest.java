package io.striate.op.contract;

/** The native kernels up to AVX-512. */
class CpuAvx512ContractTest extends ProviderContracts {
  CpuAvx512ContractTest() {
    super(TestProvider.cpu("avx512"));
  }
}
