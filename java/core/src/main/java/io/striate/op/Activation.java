package io.striate.op;

/**
 * An element-wise function with up to two parameters; kinds, formulas and order equal {@code
 * striate_activation} in {@code striate.h}.
 *
 * @param kind the function
 * @param alpha first parameter, 0 where the function has none
 * @param beta second parameter, 0 where the function has none
 */
public record Activation(Kind kind, float alpha, float beta) {

  /** The functions. */
  public enum Kind {
    /** x. */
    NONE,
    /** max(x, 0). */
    RELU,
    /** x ≥ 0 ? x : alpha·x. */
    LEAKY_RELU,
    /** x ≥ 0 ? x : alpha·(exp(x) - 1); Clevert et al., arXiv:1511.07289. */
    ELU,
    /** beta·(x &gt; 0 ? x : alpha·(exp(x) - 1)); Klambauer et al., arXiv:1706.02515. */
    SELU,
    /** 1 / (1 + exp(-x)). */
    SIGMOID,
    /** tanh(x). */
    TANH,
    /** alpha·tanh(beta·x); LeCun et al. 1998, appendix A: 1.7159, 2/3. */
    SCALED_TANH,
    /** min(max(alpha·x + beta, 0), 1). */
    HARD_SIGMOID,
    /** x·min(max(x/6 + 1/2, 0), 1); Howard et al., arXiv:1905.02244. */
    HARD_SWISH,
    /** x/2·(1 + erf(x/√2)); Hendrycks &amp; Gimpel, arXiv:1606.08415. */
    GELU,
    /** x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the same paper's approximation. */
    GELU_TANH,
    /** x / (1 + exp(-x)). */
    SILU,
    /** min(max(x, alpha), beta). */
    CLIP
  }

  /** The identity. */
  public static final Activation NONE = new Activation(Kind.NONE, 0, 0);

  /** max(x, 0). */
  public static final Activation RELU = new Activation(Kind.RELU, 0, 0);

  /** 1 / (1 + exp(-x)). */
  public static final Activation SIGMOID = new Activation(Kind.SIGMOID, 0, 0);

  /** tanh(x). */
  public static final Activation TANH = new Activation(Kind.TANH, 0, 0);

  /** LeCun's 1.7159·tanh(2x/3). */
  public static final Activation SCALED_TANH = new Activation(Kind.SCALED_TANH, 1.7159f, 2f / 3f);

  /** Self-normalising ELU with the paper's constants. */
  public static final Activation SELU = new Activation(Kind.SELU, 1.6732632f, 1.050701f);

  /** x·min(max(x/6 + 1/2, 0), 1). */
  public static final Activation HARD_SWISH = new Activation(Kind.HARD_SWISH, 0, 0);

  /** The exact GELU. */
  public static final Activation GELU = new Activation(Kind.GELU, 0, 0);

  /** The tanh approximation of GELU. */
  public static final Activation GELU_TANH = new Activation(Kind.GELU_TANH, 0, 0);

  /** x·sigmoid(x). */
  public static final Activation SILU = new Activation(Kind.SILU, 0, 0);

  /** Checks the parameters. */
  public Activation {
    if (Float.isNaN(alpha) || Float.isNaN(beta)) {
      throw new IllegalArgumentException(
          kind + ": parameters " + alpha + ", " + beta + " may not be NaN");
    }
    if (kind == Kind.CLIP && alpha > beta) {
      throw new IllegalArgumentException("clip: minimum " + alpha + " is above maximum " + beta);
    }
  }

  /** x ≥ 0 ? x : alpha·x. */
  public static Activation leakyRelu(float alpha) {
    return new Activation(Kind.LEAKY_RELU, alpha, 0);
  }

  /** x ≥ 0 ? x : alpha·(exp(x) - 1). */
  public static Activation elu(float alpha) {
    return new Activation(Kind.ELU, alpha, 0);
  }

  /** min(max(alpha·x + beta, 0), 1); ONNX's default is 0.2, 0.5, PyTorch's 1/6, 0.5. */
  public static Activation hardSigmoid(float alpha, float beta) {
    return new Activation(Kind.HARD_SIGMOID, alpha, beta);
  }

  /** min(max(x, min), max). */
  public static Activation clip(float min, float max) {
    return new Activation(Kind.CLIP, min, max);
  }

  /** Whether this is the identity. */
  public boolean isNone() {
    return kind == Kind.NONE;
  }

  @Override
  public String toString() {
    String name = kind.name().toLowerCase(java.util.Locale.ROOT);
    return alpha == 0 && beta == 0
        ? name
        : name + "(" + alpha + (beta == 0 ? "" : ", " + beta) + ")";
  }
}
