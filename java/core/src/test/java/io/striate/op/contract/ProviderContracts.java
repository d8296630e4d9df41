package io.striate.op.contract;

import org.junit.jupiter.api.Nested;

/** The contracts of all ops for one provider; a subclass per provider. */
abstract class ProviderContracts {
  private final TestProvider provider;

  ProviderContracts(TestProvider provider) {
    this.provider = provider;
  }

  @Nested
  class Convolution extends ConvContract {
    Convolution() {
      super(provider);
    }
  }

  @Nested
  class TransposedConvolution extends ConvTransposeContract {
    TransposedConvolution() {
      super(provider);
    }
  }

  @Nested
  class MatrixProduct extends GemmContract {
    MatrixProduct() {
      super(provider);
    }
  }

  @Nested
  class Pooling extends PoolContract {
    Pooling() {
      super(provider);
    }
  }

  @Nested
  class BatchNormalisation extends BatchNormContract {
    BatchNormalisation() {
      super(provider);
    }
  }

  @Nested
  class LocalResponseNormalisation extends LrnContract {
    LocalResponseNormalisation() {
      super(provider);
    }
  }

  @Nested
  class Activations extends UnaryContract {
    Activations() {
      super(provider);
    }
  }

  @Nested
  class ParametricRelu extends PReluContract {
    ParametricRelu() {
      super(provider);
    }
  }

  @Nested
  class Softmaxes extends SoftmaxContract {
    Softmaxes() {
      super(provider);
    }
  }

  @Nested
  class Arithmetic extends BinaryContract {
    Arithmetic() {
      super(provider);
    }
  }

  @Nested
  class Reductions extends ReduceContract {
    Reductions() {
      super(provider);
    }
  }

  @Nested
  class Padding extends PadContract {
    Padding() {
      super(provider);
    }
  }

  @Nested
  class Resizing extends ResizeContract {
    Resizing() {
      super(provider);
    }
  }

  @Nested
  class Copies extends CopyContract {
    Copies() {
      super(provider);
    }
  }
}
