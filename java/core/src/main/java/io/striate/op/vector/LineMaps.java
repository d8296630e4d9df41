package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.vector.VectorCode.Floats;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the loops over lines of element-wise kernels, one class per function, activation, set of
 * constant sources and width. The last vector of a line is loaded before the loop and stored after
 * it, so that it may overlap the loop's last vector even where the destination is a source.
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
    return CACHE.computeIfAbsent(
        new Variant(width, function, constant, kind),
        variant ->
            VectorCode.implement(
                LineMap.class,
                "LineMap" + width.bits() + "_" + function + "_" + constant + "_" + kind,
                width,
                code -> emit(code, variant)));
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
    Floats[] tail = new Floats[sources];
    for (int s = 0; s < sources; s++) {
      int segment = code.parameter(2 * s);
      int at = code.parameter(2 * s + 1);
      x[s] = code.newFloats();
      tail[s] = code.newFloats();
      if (isConstant(variant, s)) {
        code.broadcast(segment, () -> code.pushLong(at), x[s]);
        code.move(x[s], tail[s]);
      } else {
        code.load(segment, () -> pushAt(code, at, last), 0, tail[s]);
      }
    }
    VectorMath math = new VectorMath(code);
    int i = code.newInt();
    Runnable body =
        () -> {
          for (int s = 0; s < sources; s++) {
            if (!isConstant(variant, s)) {
              int at = code.parameter(2 * s + 1);
              code.load(code.parameter(2 * s), () -> pushAt(code, at, i), 0, x[s]);
            }
          }
          Floats y = variant.function.emit(code, math, x, alpha, beta);
          code.store(
              math.apply(variant.kind, y, alpha, beta), dst, () -> pushAt(code, dstAt, i), 0);
        };
    code.loop(i, () -> code.pushInt(0), last, variant.width.lanes(), body);
    Floats y = variant.function.emit(code, math, tail, alpha, beta);
    code.store(math.apply(variant.kind, y, alpha, beta), dst, () -> pushAt(code, dstAt, last), 0);
  }

  private static boolean isConstant(Variant variant, int source) {
    return (variant.constant >> source & 1) != 0;
  }

  private static void pushAt(VectorCode code, int base, int counter) {
    code.pushLong(base);
    code.addScaled(counter, Float.BYTES);
  }
}
