package io.striate.op;

import io.striate.tensor.Shape;
import java.util.List;

/**
 * Matrix product, the arithmetic of a dense layer: {@code dst[…,m,n] = epilogue(Σ_k
 * A[…,m,k]·B[…,k,n])}, where A is the first operand or, with {@code transA}, its last two
 * dimensions exchanged; B likewise.
 *
 * <p>Operands: a, b of rank ≥ 2 with leading dimensions that broadcast, then bias [N] and residual.
 * A dense layer with weights [out, in] is {@code transB}.
 */
public record Gemm(boolean transA, boolean transB, Epilogue epilogue) implements KernelOp {

  /** A dense layer over x [M, in] with weights [out, in]. */
  public static Gemm dense(Epilogue epilogue) {
    return new Gemm(false, true, epilogue);
  }

  @Override
  public List<Shape> infer(List<Shape> inputs) {
    int own = 2;
    Op.checkCount(this, inputs, own + epilogue.operands(), own + epilogue.operands());
    Shape a = inputs.get(0);
    Shape b = inputs.get(1);
    Op.check(
        this,
        a.rank() >= 2 && b.rank() >= 2,
        "operands " + a + " and " + b + " must have rank 2 or more");
    long m = a.dim(transA ? -1 : -2);
    long ka = a.dim(transA ? -2 : -1);
    long kb = b.dim(transB ? -1 : -2);
    long n = b.dim(transB ? -2 : -1);
    Op.check(
        this,
        ka == kb,
        "inner sizes differ: "
            + ka
            + " of a "
            + a
            + (transA ? " (transposed)" : "")
            + " against "
            + kb
            + " of b "
            + b
            + (transB ? " (transposed)" : ""));
    Shape lead = Shape.broadcast(leading(a), leading(b));
    long[] dims = java.util.Arrays.copyOf(lead.dims(), lead.rank() + 2);
    dims[lead.rank()] = m;
    dims[lead.rank() + 1] = n;
    Shape out = Shape.of(dims);
    EpilogueShapes.check(this, epilogue, inputs, own, n, out);
    return List.of(out);
  }

  private static Shape leading(Shape s) {
    return Shape.of(java.util.Arrays.copyOf(s.dims(), s.rank() - 2));
  }
}
