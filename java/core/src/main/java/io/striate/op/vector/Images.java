package io.striate.op.vector;

import io.striate.op.Epilogue;
import io.striate.op.KernelRequest;
import io.striate.op.vector.GemmShape.Strided;
import io.striate.tensor.Layout;
import io.striate.tensor.TensorDesc;
import java.util.Optional;

/**
 * The images of a grouped convolution: one per batch element and group, each with the channels of
 * its group.
 */
final class Images {
  private final int batch;
  private final int groups;
  private final int outChannels;
  private final Optional<TensorDesc> bias;
  private final Optional<TensorDesc> residual;

  /**
   * @param outChannels per group
   */
  Images(KernelRequest request, Epilogue epilogue, int groups, int outChannels) {
    batch = Math.toIntExact(request.output().shape().dim(0));
    this.groups = groups;
    this.outChannels = outChannels;
    bias = operand(request, GemmShapes.bias(epilogue));
    residual = operand(request, GemmShapes.residual(epilogue));
  }

  private static Optional<TensorDesc> operand(KernelRequest request, int index) {
    return index < 0 ? Optional.empty() : Optional.of(request.input(index));
  }

  /** The images of an operand with this many channels per group. */
  Strided strided(TensorDesc desc, int channels) {
    Layout layout = desc.layout();
    long[] bases = new long[Math.multiplyExact(batch, groups)];
    for (int i = 0; i < bases.length; i++) {
      bases[i] =
          layout.offset()
              + i / groups * layout.stride(0)
              + (long) (i % groups) * channels * layout.stride(1);
    }
    int rank = layout.rank();
    return new Strided(
        bases,
        layout.stride(1),
        rank > 4 ? layout.stride(rank - 3) : 0,
        rank > 3 ? layout.stride(rank - 2) : 0,
        layout.stride(rank - 1));
  }

  /** The images of the residual, if there is one. */
  Strided residual() {
    return residual.map(desc -> strided(desc, outChannels)).orElse(Strided.NONE);
  }

  /** The group of each image. */
  int[] sets() {
    int[] sets = new int[Math.multiplyExact(batch, groups)];
    for (int i = 0; i < sets.length; i++) {
      sets[i] = i % groups;
    }
    return sets;
  }

  /** First bias element of each group. */
  long[] biasSets() {
    long[] sets = new long[groups];
    for (int g = 0; g < groups; g++) {
      sets[g] = biasBase() + (long) g * outChannels * biasStep();
    }
    return sets;
  }

  long biasBase() {
    return bias.map(desc -> desc.layout().offset()).orElse(0L);
  }

  long biasStep() {
    return bias.map(desc -> desc.layout().stride(0)).orElse(0L);
  }
}
