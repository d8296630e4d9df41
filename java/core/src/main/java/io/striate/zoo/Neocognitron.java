package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.nn.Initializer;
import io.striate.op.Reduce;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;

/**
 * The neocognitron: three stages of S-planes, whose cells share weights and find features, and
 * C-planes, which tolerate their shift; Fukushima, Biological Cybernetics 36, 1980 (equations 1-11)
 * and Fukushima &amp; Miyake 1982.
 *
 * <p>Planes of 16×16 (input), 16×16, 10×10, 8×8, 6×6, 2×2, 1×1; 24 in every layer.
 *
 * <p>S-cell of plane k: {@code u = r·φ[(1 + e)/(1 + r/(1+r)·b_k·v) - 1]}, φ[x] = max(x, 0), where e
 * is the sum over its 5×5 field in all planes before it, weighted by a_k ≥ 0, and v the inhibition
 * {@code √(Σ c·u²)} over the same field, c fixed and falling from its centre, Σ c = 1. This is
 * {@code r·φ[(e - h)/(1 + h)]} with {@code h = r/(1+r)·b_k·v}. For one pattern p, weights a = c·p
 * and b = √(Σ c·p²) make e/(b·v) the cosine between p and the field, weighted by c: the cell is
 * silent below r/(1+r).
 *
 * <p>C-cell: {@code u = ψ[(1 + D_k)/(1 + V) - 1]}, ψ[x] = φ[x]/(α + φ[x]), where D_k is the sum
 * over 5×5 cells of S-plane k with fixed weights d, every second cell, and V the mean of D over all
 * planes, the lateral inhibition.
 *
 * <p>Learned are a ({@code us1.weight}, …) and b ({@code vs1.weight}, …), without signs: both must
 * stay at or above 0. The paper learns without a teacher, by letting the strongest S-cell of a
 * neighbourhood grow; this is not built in here. Which of several falling c and d is a choice of
 * ours (powers of the distance), as is √q, computed as {@code q/(10⁻²⁰ + q²)^¼}, whose slope stays
 * finite at 0.
 */
final class Neocognitron {
  private static final Paper PAPER =
      new Paper(
          "Fukushima & Miyake",
          "Neocognitron: a new algorithm for pattern recognition tolerant of deformations and"
              + " shifts in position",
          "Pattern Recognition 15(6)",
          1982);
  static final int PLANES = 24;

  /** Selectivity r of the three S-layers. */
  static final float[] SELECTIVITY = {4, 1.5f, 1.5f};

  private static final float ALPHA = 0.5f;
  private static final double INPUT_DECAY = 0.9;
  private static final double[] SHIFT_DECAY = {0.9, 0.8, 0.7};

  private Neocognitron() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "neocognitron",
            "Neocognitron",
            "Neocognitron",
            PAPER,
            List.of(1L, 16L, 16L),
            PLANES,
            Neocognitron::build));
  }

  private static Flow build(Flow x, long classes) {
    x = cPlanes(sPlanes(x, 1, PLANES, 2), 1, 5, 2, 4);
    x = cPlanes(sPlanes(x, 2, PLANES, 1), 2, 5, 2, 4);
    x = cPlanes(sPlanes(x, 3, classes, 0), 3, 2, 1, 0);
    return x.named("flatten").flatten();
  }

  private static Flow sPlanes(Flow x, int stage, long planes, int padding) {
    String s = "us" + stage;
    String v = "vs" + stage;
    float r = SELECTIVITY[stage - 1];
    long channels = x.channels();
    // Excitatory weights that sum to 1 on average; inhibition of about half of what they let pass.
    Initializer excitatory = Initializer.uniform(0, 2.0 / (25 * channels));
    Flow e =
        x.named(s).conv2d(planes, 5, c -> c.padding(padding).withoutBias().weights(excitatory));
    Flow square = x.named(v + ".square").multiply(x);
    if (padding > 0) {
      square = square.named(v + ".border").zeroPad2d(padding);
    }
    Flow mean = square.named(v + ".field").weightedPool2d(inputField(), o -> o.stride(1));
    mean = mean.named(v + ".mean").apply(new Reduce(Reduce.Kind.MEAN, List.of(1), true));
    Flow root = mean.named(v + ".root").lrn(1, 1, 0.25f, 1e-20f);
    Initializer inhibitory = Initializer.uniform(0, 1);
    Flow h = root.named(v).conv2d(planes, 1, c -> c.withoutBias().weights(inhibitory));
    h = h.named(v + ".share").affine(r / (1 + r), 0);
    Flow shunted =
        e.named(s + ".excess")
            .subtract(h)
            .named(s + ".shunt")
            .divide(h.named(v + ".plus_one").affine(1, 1));
    return shunted.named(s + ".relu").relu().named(s + ".gain").affine(r, 0);
  }

  private static Flow cPlanes(Flow s, int stage, int size, int stride, int padding) {
    String c = "uc" + stage;
    Tensor weights = shiftField(size, s.channels(), SHIFT_DECAY[stage - 1]);
    int planes = Math.toIntExact(s.channels());
    Flow d = s.named(c).fixedConv2d(weights, o -> o.stride(stride).padding(padding).groups(planes));
    Flow mean = d.named(c + ".lateral").apply(new Reduce(Reduce.Kind.MEAN, List.of(1), true));
    Flow shunted =
        d.named(c + ".excess")
            .subtract(mean)
            .named(c + ".shunt")
            .divide(mean.named(c + ".plus_one").affine(1, 1));
    Flow positive = shunted.named(c + ".relu").relu();
    return positive
        .named(c + ".saturation")
        .divide(positive.named(c + ".plus_alpha").affine(1, ALPHA));
  }

  /** The weights c of a 5×5 field; pooling divides by their sum. */
  static Tensor inputField() {
    return Tensor.of(Shape.of(5, 5), field(5, INPUT_DECAY));
  }

  /** The weights d of a field of S-cells, the same for every plane; their mean is 1. */
  private static Tensor shiftField(int size, long planes, double decay) {
    float[] one = field(size, decay);
    double sum = 0;
    for (float w : one) {
      sum += w;
    }
    float[] all = new float[Math.toIntExact(planes * one.length)];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) (one[i % one.length] * one.length / sum);
    }
    return Tensor.of(Shape.of(planes, 1, size, size), all);
  }

  /** decay^distance from the centre. */
  private static float[] field(int size, double decay) {
    float[] values = new float[size * size];
    double centre = (size - 1) / 2.0;
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        values[y * size + x] = (float) Math.pow(decay, Math.hypot(y - centre, x - centre));
      }
    }
    return values;
  }
}
