package io.striate.op.contract;

import org.junit.jupiter.api.Tag;

/** The native kernels up to AVX2. */
@Tag("thorough")
class CpuAvx2ContractTest extends ProviderContracts {
  CpuAvx2ContractTest() {
    super(TestProvider.cpu("avx2"));
  }
}
