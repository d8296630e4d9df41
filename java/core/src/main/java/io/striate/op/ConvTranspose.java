package io.striate.op;

import io.striate.tensor.Shape;
import java.util.Collections;
import java.util.List;

/**
 * Transposed convolution: the gradient of {@link Conv} with respect to its input, used to upsample.
 *
 * <p>{@code dst[n,oc,o] = epilogue(Σ over (i,k) with i·stride + k·dilation - padBegin = o of
 * x[n,ic,i]·w[ic,oc,k])}. Output size: {@code stride·(I-1) + outputPadding + dilation·(K-1) + 1 -
 * padBegin - padEnd}; with SAME padding {@code I·stride}.
 *
 * <p>Operands: x [N, IC, spatial…], weights [IC, OC/groups, K…], then bias [OC] and residual.
 * Source: Zeiler et al., Deconvolutional networks, CVPR 2010; Dumoulin &amp; Visin,
 * arXiv:1603.07285, section 4.
 */
public record ConvTranspose(
    Window window, List<Integer> outputPadding, int groups, Epilogue epilogue) implements KernelOp {

  /** Checks groups and output padding. */
  public ConvTranspose {
    outputPadding = List.copyOf(outputPadding);
    if (groups < 1) {
      throw new IllegalArgumentException(
          "conv_transpose: groups is " + groups + "; it must be at least 1");
    }
    if (outputPadding.size() != window.rank()) {
      throw new IllegalArgumentException(
          "conv_transpose: outputPadding "
              + outputPadding
              + " needs "
              + window.rank()
              + " entries");
    }
    for (int i = 0; i < window.rank(); i++) {
      int most = Math.max(window.stride().get(i), window.dilation().get(i));
      if (outputPadding.get(i) < 0 || outputPadding.get(i) >= most) {
        throw new IllegalArgumentException(
            "conv_transpose: outputPadding "
                + outputPadding
                + " must lie in 0 … "
                + (most - 1)
                + " at axis "
                + i
                + " (below the larger of stride and dilation)");
      }
    }
  }

  /** An ungrouped transposed convolution without epilogue and output padding. */
  public static ConvTranspose of(Window window) {
    return new ConvTranspose(window, Collections.nCopies(window.rank(), 0), 1, Epilogue.NONE);
  }

  /** This op with explicit padding for an input of the given shape. */
  public ConvTranspose resolve(Shape x) {
    if (window.autoPad() == AutoPad.EXPLICIT) {
      return this;
    }
    Integer[] begin = new Integer[window.rank()];
    Integer[] end = new Integer[window.rank()];
    for (int i = 0; i < window.rank(); i++) {
      long total =
          window.autoPad() == AutoPad.VALID
              ? 0
              : Math.max(0, window.extent(i) + outputPadding.get(i) - window.stride().get(i));
      long small = total / 2;
      begin[i] = Math.toIntExact(window.autoPad() == AutoPad.SAME_LOWER ? total - small : small);
      end[i] = Math.toIntExact(total - begin[i]);
    }
    return new ConvTranspose(
        window.withPadding(List.of(begin), List.of(end)), outputPadding, groups, epilogue);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    int own = 2;
    Op.checkCount(this, inputs, own + epilogue.operands(), own + epilogue.operands());
    Shape x = inputs.get(0);
    Shape w = inputs.get(1);
    Op.check(
        this,
        x.spatialRank() == window.rank() && w.rank() == x.rank(),
        "input "
            + x
            + " and weights "
            + w
            + " must have N, C and "
            + window.rank()
            + " spatial dimensions");
    Op.check(
        this,
        x.dim(1) == w.dim(0) && x.dim(1) % groups == 0,
        "input "
            + x
            + " does not fit weights "
            + w
            + " with groups "
            + groups
            + " (weights are [IC, OC/groups, K…])");
    long oc = w.dim(1) * groups;
    Window win = resolve(x).window();
    long[] out = new long[win.rank()];
    for (int i = 0; i < win.rank(); i++) {
      Op.check(
          this,
          w.dim(i + 2) == win.kernel().get(i),
          "weights " + w + " do not have the kernel size " + win.kernel());
      out[i] =
          win.stride().get(i) * (x.dim(i + 2) - 1)
              + outputPadding.get(i)
              + win.extent(i)
              - win.padBegin().get(i)
              - win.padEnd().get(i);
      Op.check(
          this,
          out[i] >= 1,
          "padding "
              + win.padBegin()
              + "+"
              + win.padEnd()
              + " leaves no output for input "
              + x
              + " at axis "
              + (i + 2));
    }
    Shape shape = Conv.outputShape(x.dim(0), oc, out);
    EpilogueShapes.check(this, epilogue, inputs, own, oc, shape);
    return List.of(shape);
  }

  @Override
  public String type() {
    return "conv_transpose" + window.rank() + "d";
  }
}
