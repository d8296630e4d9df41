package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.vector.VectorCode.Floats;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Makes the loops over lines of element-wise kernels, one class per function, activation, set of
 * constant sources and width. No vector is live across the loop, which keeps C2 from boxing it.
 */
final class LineMaps {
  private static final Map<Variant, LineMap> CACHE = new ConcurrentHashMap<>();

  private record Variant(Width width, LineFunction function, int constant, Activation.Kind kind) {}

  private LineMaps() {}

  /**
   * The map for a function and activation, made at the first call.
   *
   * @param constant bit s set: source s is one element for the whole line
   */
  static LineMap of(Width width, LineFunction function, int constant, Activation.Kind kind) {
    return CACHE.computeIfAbsent(new Variant(width, function, constant, kind), LineMaps::make);
  }

  private static LineMap make(Variant variant) {
    Width width = variant.width;
    LineMap map =
        KernelClass.implement(
            LineMap.class,
            "LineMap"
                + width.bits()
                + "_"
                + variant.function
                + "_"
                + variant.constant
                + "_"
                + variant.kind,
            width,
            code -> emit(code, variant));
    int last = (WarmUp.TURNS - 1) * width.lanes();
    WarmUp.begin(
        (long) WarmUp.TURNS * width.bytes(),
        m -> map.run(m, 0, m, 0, m, 0, m, 0, m, 0, last, 0, 0),
        m -> map.run(m, 0, m, 0, m, 0, m, 0, m, 0, 0, 0, 0));
    return map;
  }

  /** The map for a function without activation and without constant sources. */
  static LineMap of(Width width, LineFunction function) {
    return of(width, function, 0, Activation.Kind.NONE);
  }

  private static void emit(VectorCode code, Variant variant) {
    int sources = variant.function.sources;
    int dst = code.parameter(8);
    int dstAt = code.parameter(9);
    int last = code.parameter(10);
    Floats alpha = code.variable(code.parameter(11));
    Floats beta = code.variable(code.parameter(12));
    Floats[] x = new Floats[sources];
    for (int s = 0; s < sources; s++) {
      x[s] = code.newFloats();
      if (isConstant(variant, s)) {
        int at = code.parameter(2 * s + 1);
        code.broadcast(code.parameter(2 * s), () -> code.pushLong(at), x[s]);
      }
    }
    VectorMath math = new VectorMath(code);
    int i = code.newInt();
    IntConsumer vector =
        index -> {
          Floats[] operand = x.clone();
          for (int s = 0; s < sources; s++) {
            if (!isConstant(variant, s)) {
              operand[s] = code.newFloats();
              int at = code.parameter(2 * s + 1);
              code.load(code.parameter(2 * s), () -> pushAt(code, at, index), 0, operand[s]);
            }
          }
          Floats y = variant.function.emit(code, math, operand, alpha, beta);
          Floats z = math.apply(variant.kind, y, alpha, beta);
          code.store(z, dst, () -> pushAt(code, dstAt, index), 0);
        };
    code.loop(i, () -> code.pushInt(0), last, variant.width.lanes(), () -> vector.accept(i));
    vector.accept(last);
  }

  private static boolean isConstant(Variant variant, int source) {
    return (variant.constant >> source & 1) != 0;
  }

  private static void pushAt(VectorCode code, int base, int counter) {
    code.pushLong(base);
    code.addScaled(counter, Float.BYTES);
  }
}
