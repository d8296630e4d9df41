package io.striate.op.contract;

import org.junit.jupiter.api.Tag;

/** The native kernels without SIMD instructions. */
@Tag("thorough")
class CpuPortableContractTest extends ProviderContracts {
  CpuPortableContractTest() {
    super(TestProvider.cpu("portable"));
  }
}
