package io.striate.nn;

import io.striate.op.Activation;
import io.striate.op.PRelu;
import io.striate.op.Softmax;
import io.striate.op.Unary;
import java.util.Arrays;
import java.util.Locale;

/** Activations; the formulas are at {@link Activation.Kind}. Part of {@link Flow}. */
sealed interface ActivationLayers permits Flow {

  /** Any activation. */
  default Flow activation(Activation activation) {
    return ((Flow) this)
        .apply(activation.kind().name().toLowerCase(Locale.ROOT), new Unary(activation));
  }

  /** max(x, 0). */
  default Flow relu() {
    return activation(Activation.RELU);
  }

  /** min(max(x, 0), 6). */
  default Flow relu6() {
    return activation(Activation.clip(0, 6));
  }

  /** x ≥ 0 ? x : alpha·x. */
  default Flow leakyRelu(float alpha) {
    return activation(Activation.leakyRelu(alpha));
  }

  /** Leaky ReLU with a learned slope for each channel: parameter {@code weight} [C, 1…]. */
  default Flow prelu() {
    Layer layer = ((Flow) this).begin("prelu");
    long[] dims = new long[layer.input().shape().rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = layer.channels();
    return layer.result(
        new PRelu(),
        layer.input(),
        layer.parameter("weight", Initializer.constant(0.25f), 1, 1, dims));
  }

  /** x ≥ 0 ? x : alpha·(exp(x) - 1). */
  default Flow elu(float alpha) {
    return activation(Activation.elu(alpha));
  }

  /** Self-normalising ELU. */
  default Flow selu() {
    return activation(Activation.SELU);
  }

  /** 1 / (1 + exp(-x)). */
  default Flow sigmoid() {
    return activation(Activation.SIGMOID);
  }

  /** tanh(x). */
  default Flow tanh() {
    return activation(Activation.TANH);
  }

  /** LeCun's 1.7159·tanh(2x/3). */
  default Flow scaledTanh() {
    return activation(Activation.SCALED_TANH);
  }

  /** min(max(x/6 + 1/2, 0), 1), as in MobileNetV3 and PyTorch. */
  default Flow hardSigmoid() {
    return activation(Activation.hardSigmoid(1 / 6f, 0.5f));
  }

  /** x·hardSigmoid(x). */
  default Flow hardSwish() {
    return activation(Activation.HARD_SWISH);
  }

  /** The exact GELU. */
  default Flow gelu() {
    return activation(Activation.GELU);
  }

  /** x·sigmoid(x). */
  default Flow silu() {
    return activation(Activation.SILU);
  }

  /** exp(x) / Σ exp(x) over dimension 1. */
  default Flow softmax() {
    return ((Flow) this).apply("softmax", new Softmax(1, false));
  }

  /** The logarithm of the softmax over dimension 1. */
  default Flow logSoftmax() {
    return ((Flow) this).apply("log_softmax", new Softmax(1, true));
  }
}
