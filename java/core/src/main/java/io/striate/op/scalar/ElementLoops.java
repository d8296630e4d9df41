package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Activation;
import io.striate.op.Binary;
import io.striate.op.PRelu;
import io.striate.op.Unary;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleBinaryOperator;

/**
 * Element-wise functions of one or two operands with broadcasting; a position is one row of the
 * output.
 */
final class ElementLoops implements Loops {
  private final Rows rows;
  private final View dst;
  private final View a;
  private final View b;
  private final int second;
  private final DoubleBinaryOperator formula;

  private ElementLoops(Sources sources, int second, DoubleBinaryOperator formula) {
    this.dst = sources.output();
    this.rows = new Rows(dst);
    this.a = sources.view(0).broadcastTo(dst.dims);
    this.b = sources.view(second).broadcastTo(dst.dims);
    this.second = second;
    this.formula = formula;
  }

  static Plan plan(Unary op, Sources sources) {
    Activation activation = op.activation();
    return new ElementLoops(sources, 0, (x, _) -> Activations.apply(activation, x)).plan();
  }

  static Plan plan(PRelu op, Sources sources) {
    return new ElementLoops(sources, 1, (x, slope) -> x < 0 ? slope * x : x).plan();
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
    return new ElementLoops(
            sources, 1, (x, y) -> Activations.apply(activation, arithmetic.applyAsDouble(x, y)))
        .plan();
  }

  private Plan plan() {
    return Plan.of(rows.count, this);
  }

  @Override
  public void compute(long row, MemorySegment[] in, MemorySegment out, MemorySegment scratch) {
    final long aAt = rows.start(a, row);
    final long bAt = rows.start(b, row);
    final long dstAt = rows.start(dst, row);
    for (long i = 0; i < rows.length; i++) {
      double x = in[0].get(FLOAT, aAt + i * rows.step(a));
      double y = in[second].get(FLOAT, bAt + i * rows.step(b));
      out.set(FLOAT, dstAt + i * rows.step(dst), (float) formula.applyAsDouble(x, y));
    }
  }
}
