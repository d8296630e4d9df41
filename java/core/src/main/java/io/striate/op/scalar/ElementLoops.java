package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.PRelu;
import io.striate.op.Unary;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleBinaryOperator;

/**
 * Element-wise functions of one to three operands with broadcasting; a position is one row of the
 * output.
 */
final class ElementLoops implements Loops {
  private final Rows rows;
  private final View dst;
  private final View a;
  private final View b;
  private final View c;
  private final int second;
  private final int third;
  private final Formula formula;

  /** What is computed from an element of each operand; those that are missing repeat another. */
  @FunctionalInterface
  private interface Formula {
    double apply(double x, double y, double z);
  }

  private ElementLoops(Sources sources, int second, int third, Formula formula) {
    this.dst = sources.output();
    this.rows = new Rows(dst);
    this.a = sources.view(0).broadcastTo(dst.dims);
    this.b = sources.view(second).broadcastTo(dst.dims);
    this.c = sources.view(third).broadcastTo(dst.dims);
    this.second = second;
    this.third = third;
    this.formula = formula;
  }

  static Plan plan(Unary op, Sources sources) {
    Activation activation = op.activation();
    return new ElementLoops(sources, 0, 0, (x, _, _) -> Activations.apply(activation, x)).plan();
  }

  static Plan plan(PRelu op, Sources sources) {
    return new ElementLoops(sources, 1, 1, (x, slope, _) -> x < 0 ? slope * x : x).plan();
  }

  static Plan plan(Binary op, Sources sources) {
    Activation activation = op.activation();
    DoubleBinaryOperator arithmetic =
        switch (op.kind()) {
          case ADD -> (x, y) -> x + y;
          case SUB -> (x, y) -> x - y;
          case MUL -> (x, y) -> x * y;
          case DIV -> (x, y) -> x / y;
        };
    if (op.hasAddend()) {
      return new ElementLoops(sources, 1, 2, (x, y, z) -> Activations.apply(activation, x * y + z))
          .plan();
    }
    return new ElementLoops(
            sources,
            1,
            1,
            (x, y, _) -> Activations.apply(activation, arithmetic.applyAsDouble(x, y)))
        .plan();
  }

  private Plan plan() {
    return Plan.of(rows.count, this);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long aAt = rows.start(a, row);
    final long bAt = rows.start(b, row);
    final long cAt = rows.start(c, row);
    final long dstAt = rows.start(dst, row);
    for (long i = 0; i < rows.length; i++) {
      double x = in[0].get(FLOAT, aAt + i * rows.step(a));
      double y = in[second].get(FLOAT, bAt + i * rows.step(b));
      double z = in[third].get(FLOAT, cAt + i * rows.step(c));
      out.set(FLOAT, dstAt + i * rows.step(dst), (float) formula.apply(x, y, z));
    }
  }
}
