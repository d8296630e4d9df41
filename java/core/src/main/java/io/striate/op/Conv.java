package io.striate.op;

import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolution (cross-correlation) over 1, 2 or 3 spatial dimensions.
 *
 * <p>{@code dst[n,oc,o] = epilogue(Σ_{ic,k} x[n, g·IC/groups+ic, o·stride + k·dilation -
 * padBegin]·w[oc,ic,k])}, where x reads as 0 outside and g is the group of oc.
 *
 * <p>Operands: x [N, IC, spatial…], weights [OC, IC/groups, K…], then bias [OC] and residual as the
 * epilogue says. Result: [N, OC, O…]. Source: LeCun et al. 1998; groups from Krizhevsky et al.
 * 2012.
 */
public record Conv(Window window, int groups, Epilogue epilogue) implements KernelOp {

  /** Checks the groups. */
  public Conv {
    if (groups < 1) {
      throw new IllegalArgumentException("conv: groups is " + groups + "; it must be at least 1");
    }
  }

  /** An ungrouped convolution without epilogue. */
  public static Conv of(Window window) {
    return new Conv(window, 1, Epilogue.NONE);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    int own = 2;
    Op.checkCount(this, inputs, own + epilogue.operands(), own + epilogue.operands());
    Shape x = inputs.get(0);
    Shape w = inputs.get(1);
    long[] spatial = window.outputs(x, false);
    Op.check(this, w.rank() == x.rank(), "weights " + w + " must have the rank of the input " + x);
    long oc = w.dim(0);
    Op.check(
        this,
        x.dim(1) == w.dim(1) * groups,
        "input "
            + x
            + " has "
            + x.dim(1)
            + " channels, but weights "
            + w
            + " with groups "
            + groups
            + " expect "
            + w.dim(1) * groups);
    Op.check(
        this, oc % groups == 0, oc + " output channels do not divide into " + groups + " groups");
    for (int i = 0; i < window.rank(); i++) {
      Op.check(
          this,
          w.dim(i + 2) == window.kernel().get(i),
          "weights " + w + " do not have the kernel size " + window.kernel());
    }
    Shape out = outputShape(x.dim(0), oc, spatial);
    EpilogueShapes.check(this, epilogue, inputs, own, oc, out);
    return List.of(out);
  }

  static Shape outputShape(long n, long channels, long[] spatial) {
    List<Long> dims = new ArrayList<>(List.of(n, channels));
    for (long s : spatial) {
      dims.add(s);
    }
    return Shape.of(dims);
  }

  /** As {@code conv2d}, with the number of spatial dimensions. */
  @Override
  public String type() {
    return "conv" + window.rank() + "d";
  }
}
