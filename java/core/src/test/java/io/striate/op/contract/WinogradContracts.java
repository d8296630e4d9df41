package io.striate.op.contract;

import org.junit.jupiter.api.Nested;

/** The contracts of all ops for a provider that has Winograd convolution too. */
abstract class WinogradContracts extends ProviderContracts {
  private final TestProvider provider;

  WinogradContracts(TestProvider provider) {
    super(provider);
    this.provider = provider;
  }

  @Nested
  class Winograd2 extends WinogradContract {
    Winograd2() {
      super(provider, 2, 2, 3, 3);
    }
  }

  @Nested
  class Winograd4 extends WinogradContract {
    Winograd4() {
      super(provider, 4, 4, 3, 3);
    }
  }

  @Nested
  class Winograd2OfStride2 extends WinogradContract {
    Winograd2OfStride2() {
      super(provider, 2, 2, 3, 3, 2);
    }
  }

  @Nested
  class Winograd4OfStride2 extends WinogradContract {
    Winograd4OfStride2() {
      super(provider, 4, 4, 3, 3, 2);
    }
  }

  @Nested
  class Winograd3Of5x5 extends WinogradContract {
    Winograd3Of5x5() {
      super(provider, 3, 3, 5, 5);
    }
  }

  @Nested
  class Winograd2Of5x5 extends WinogradContract {
    Winograd2Of5x5() {
      super(provider, 2, 2, 5, 5);
    }
  }

  @Nested
  class Winograd4Of1x3 extends WinogradContract {
    Winograd4Of1x3() {
      super(provider, 1, 4, 1, 3);
    }
  }

  @Nested
  class Winograd6Of1x3 extends WinogradContract {
    Winograd6Of1x3() {
      super(provider, 1, 6, 1, 3);
    }
  }

  @Nested
  class Winograd4Of1x5 extends WinogradContract {
    Winograd4Of1x5() {
      super(provider, 1, 4, 1, 5);
    }
  }

  @Nested
  class Winograd4Of1x7 extends WinogradContract {
    Winograd4Of1x7() {
      super(provider, 1, 4, 1, 7);
    }
  }

  @Nested
  class Winograd4Of3x1 extends WinogradContract {
    Winograd4Of3x1() {
      super(provider, 4, 1, 3, 1);
    }
  }

  @Nested
  class Winograd6Of3x1 extends WinogradContract {
    Winograd6Of3x1() {
      super(provider, 6, 1, 3, 1);
    }
  }

  @Nested
  class Winograd4Of5x1 extends WinogradContract {
    Winograd4Of5x1() {
      super(provider, 4, 1, 5, 1);
    }
  }

  @Nested
  class Winograd4Of7x1 extends WinogradContract {
    Winograd4Of7x1() {
      super(provider, 4, 1, 7, 1);
    }
  }
}
