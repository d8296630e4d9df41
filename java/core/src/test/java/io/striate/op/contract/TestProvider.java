package io.striate.op.contract;

import io.striate.op.Provider;
import io.striate.op.ffm.FfmProvider;
import io.striate.op.scalar.ScalarProvider;
import io.striate.op.vector.VectorProvider;
import io.striate.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A provider in one of its forms, for example {@code vector-256}.
 *
 * @param sumsInDouble whether sums are rounded to f32 only once, which allows a sharper error bound
 * @param factory makes it, or throws with the reason why it cannot be had on this machine
 */
record TestProvider(String name, boolean sumsInDouble, Supplier<Provider> factory) {

  static final TestProvider SCALAR = new TestProvider("scalar", true, ScalarProvider::new);
  static final TestProvider SCALAR_F32 =
      new TestProvider("scalar-f32", false, () -> new ScalarProvider(DType.F32));

  static final TestProvider ONEDNN = new TestProvider("onednn", false, FfmProvider::onednn);

  /**
   * The Vector API at a width. It does not wait for the JIT: contracts make hundreds of kernels
   * that run a few times each.
   */
  static TestProvider vector(int bits) {
    System.setProperty("striate.vector.patience", "0");
    return new TestProvider("vector-" + bits, false, () -> new VectorProvider(bits));
  }

  /** The native kernels up to an instruction set. */
  static TestProvider cpu(String maxIsa) {
    return new TestProvider("cpu-" + maxIsa, false, () -> FfmProvider.cpu(maxIsa));
  }

  /** The provider, or why this machine has none. */
  Optional<Provider> find(StringBuilder reason) {
    try {
      Provider provider = factory.get();
      provider.unavailable().ifPresent(reason::append);
      return provider.unavailable().isPresent() ? Optional.empty() : Optional.of(provider);
    } catch (RuntimeException | LinkageError e) {
      reason.append(e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Whether it must be there: its name, or the name before the hyphen, is listed in the environment
   * variable STRIATE_REQUIRE, for example {@code scalar,vector,cpu}.
   */
  boolean isRequired() {
    String value = System.getenv().getOrDefault("STRIATE_REQUIRE", "scalar");
    List<String> names = Arrays.asList(value.split(",", -1));
    return names.contains(name) || names.contains(name.split("-", 2)[0]);
  }
}
