package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.vector.VectorCode.Floats;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the loops that apply an activation, with or without an addition before it, one class per
 * variant and width.
 */
final class ElementMaps {
  private static final Map<Variant, ElementMap> CACHE = new ConcurrentHashMap<>();

  private record Variant(Width width, Activation.Kind kind, boolean adds) {}

  private ElementMaps() {}

  /**
   * The map for this activation, made at the first call.
   *
   * @param adds whether b is added
   */
  static ElementMap of(Width width, Activation.Kind kind, boolean adds) {
    return CACHE.computeIfAbsent(new Variant(width, kind, adds), ElementMaps::make);
  }

  private static ElementMap make(Variant variant) {
    ElementMap map =
        VectorCode.implementForC2(
            ElementMap.class,
            "ElementMap" + variant.width.bits() + "_" + variant.kind + (variant.adds ? "_add" : ""),
            variant.width,
            code -> emit(code, variant));
    int count = WarmUp.TURNS * variant.width.lanes();
    WarmUp.begin(4L * count, memory -> map.run(memory, 0, memory, 0, memory, 0, count, 0, 0));
    return map;
  }

  private static void emit(VectorCode code, Variant variant) {
    int a = code.parameter(0);
    int aAt = code.parameter(1);
    int b = code.parameter(2);
    int bAt = code.parameter(3);
    int dst = code.parameter(4);
    int dstAt = code.parameter(5);
    int count = code.parameter(6);
    int i = code.newInt();
    Floats x = code.newFloats();
    Floats y = code.newFloats();
    Runnable body =
        () -> {
          code.seed(a, () -> pushAt(code, aAt, i));
          Floats alpha = code.variable(code.parameter(7));
          Floats beta = code.variable(code.parameter(8));
          code.load(a, () -> pushAt(code, aAt, i), 0, x);
          Floats sum = x;
          if (variant.adds) {
            code.load(b, () -> pushAt(code, bAt, i), 0, y);
            sum = code.add(x, y);
          }
          Floats result = new VectorMath(code).apply(variant.kind, sum, alpha, beta);
          code.store(result, dst, () -> pushAt(code, dstAt, i), 0);
        };
    code.loop(i, () -> code.pushInt(0), count, variant.width.lanes(), body);
  }

  private static void pushAt(VectorCode code, int base, int counter) {
    code.pushLong(base);
    code.addScaled(counter, Float.BYTES);
  }
}
