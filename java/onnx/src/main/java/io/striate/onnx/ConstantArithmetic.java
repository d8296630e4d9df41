package io.striate.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * Constant evaluation of element-wise operators, with NumPy broadcasting. Single floating-point
 * operations are done in double and rounded once, which for + - · / and √ equals f32 arithmetic.
 */
final class ConstantArithmetic {
  private ConstantArithmetic() {}

  static List<HostTensor> add(ConstantOperands o) {
    return binary(o, Double::sum, Long::sum);
  }

  static List<HostTensor> sub(ConstantOperands o) {
    return binary(o, (a, b) -> a - b, (a, b) -> a - b);
  }

  static List<HostTensor> mul(ConstantOperands o) {
    return binary(o, (a, b) -> a * b, (a, b) -> a * b);
  }

  static List<HostTensor> div(ConstantOperands o) {
    return binary(
        o,
        (a, b) -> a / b,
        (a, b) -> {
          if (b == 0) {
            throw new IllegalArgumentException("division of the integer " + a + " by 0");
          }
          return a / b;
        });
  }

  static List<HostTensor> mod(ConstantOperands o) {
    boolean truncating = o.attributes().flag("fmod", false);
    if (!truncating && o.get(0).isFloat()) {
      throw new IllegalArgumentException("fmod = 0 is for integers only");
    }
    return binary(
        o,
        (a, b) -> a % b,
        (a, b) -> {
          if (b == 0) {
            throw new IllegalArgumentException("remainder of the integer " + a + " by 0");
          }
          return truncating ? a % b : Math.floorMod(a, b);
        });
  }

  static List<HostTensor> pow(ConstantOperands o) {
    HostTensor b = o.get(1);
    return List.of(
        map(
            o,
            o.get(0),
            b.isFloat() == o.get(0).isFloat() ? b : convert(b, o.get(0).type()),
            o.get(0).type(),
            Math::pow,
            (x, y) -> (long) Math.pow((double) x, (double) y)));
  }

  static List<HostTensor> min(ConstantOperands o) {
    return fold(o, Math::min, Math::min);
  }

  static List<HostTensor> max(ConstantOperands o) {
    return fold(o, Math::max, Math::max);
  }

  static List<HostTensor> equal(ConstantOperands o) {
    return compare(o, (a, b) -> a == b ? 1 : 0, (a, b) -> a == b ? 1 : 0);
  }

  static List<HostTensor> greater(ConstantOperands o) {
    return compare(o, (a, b) -> a > b ? 1 : 0, (a, b) -> a > b ? 1 : 0);
  }

  static List<HostTensor> greaterOrEqual(ConstantOperands o) {
    return compare(o, (a, b) -> a >= b ? 1 : 0, (a, b) -> a >= b ? 1 : 0);
  }

  static List<HostTensor> less(ConstantOperands o) {
    return compare(o, (a, b) -> a < b ? 1 : 0, (a, b) -> a < b ? 1 : 0);
  }

  static List<HostTensor> lessOrEqual(ConstantOperands o) {
    return compare(o, (a, b) -> a <= b ? 1 : 0, (a, b) -> a <= b ? 1 : 0);
  }

  static List<HostTensor> and(ConstantOperands o) {
    return logical(o, (a, b) -> a & b);
  }

  static List<HostTensor> or(ConstantOperands o) {
    return logical(o, (a, b) -> a | b);
  }

  static List<HostTensor> not(ConstantOperands o) {
    requireBool(o.get(0));
    return unary(o, v -> v, v -> 1 - v);
  }

  static List<HostTensor> neg(ConstantOperands o) {
    return unary(o, v -> -v, v -> -v);
  }

  static List<HostTensor> abs(ConstantOperands o) {
    return unary(o, Math::abs, Math::abs);
  }

  static List<HostTensor> floor(ConstantOperands o) {
    return unary(o, Math::floor, ConstantArithmetic::floatsOnly);
  }

  static List<HostTensor> ceil(ConstantOperands o) {
    return unary(o, Math::ceil, ConstantArithmetic::floatsOnly);
  }

  static List<HostTensor> round(ConstantOperands o) {
    return unary(o, Math::rint, ConstantArithmetic::floatsOnly);
  }

  static List<HostTensor> sqrt(ConstantOperands o) {
    return unary(o, Math::sqrt, ConstantArithmetic::floatsOnly);
  }

  private static long floatsOnly(long value) {
    throw new IllegalArgumentException(
        "integer " + value + ": this operator takes floating-point numbers");
  }

  static List<HostTensor> cast(ConstantOperands o) {
    ShapeOps.castOptions(o.node());
    o.spend(o.get(0).dims());
    return List.of(convert(o.get(0), o.attributes().int32("to", 0)));
  }

  static List<HostTensor> castLike(ConstantOperands o) {
    ShapeOps.castOptions(o.node());
    o.spend(o.get(0).dims());
    return List.of(convert(o.get(0), o.get(1).type()));
  }

  private static HostTensor convert(HostTensor x, int type) {
    boolean toFloat = ElementType.isFloat(type);
    if (!toFloat && !ElementType.isInteger(type)) {
      throw new IllegalArgumentException(
          "a cast to " + ElementType.name(type) + " is not supported");
    }
    if (type == x.type()) {
      return x;
    }
    if (toFloat) {
      float[] out = x.isFloat() ? x.floats().clone() : new float[x.count()];
      for (int i = 0; i < out.length; i++) {
        out[i] = ElementType.round(type, x.isFloat() ? out[i] : (float) x.ints()[i]);
      }
      return HostTensor.ofFloats(type, x.dims(), out);
    }
    long[] out = x.isFloat() ? new long[x.count()] : x.ints().clone();
    for (int i = 0; i < out.length; i++) {
      long value = x.isFloat() ? (long) x.floats()[i] : out[i];
      boolean nonZero = x.isFloat() ? x.floats()[i] != 0 : out[i] != 0;
      out[i] = type == ElementType.BOOL ? (nonZero ? 1 : 0) : ElementType.wrap(type, value);
    }
    return HostTensor.ofInts(type, x.dims(), out);
  }

  static List<HostTensor> where(ConstantOperands o) {
    requireBool(o.get(0));
    HostTensor a = o.get(1);
    HostTensor b = o.get(2);
    if (a.type() != b.type()) {
      throw new IllegalArgumentException("operands " + a + " and " + b + " differ in type");
    }
    long[] dims = broadcast(broadcast(o.get(0).dims(), a.dims()), b.dims());
    o.spend(dims);
    long[] condition = expand(o.get(0), dims).ints();
    HostTensor left = expand(a, dims);
    HostTensor right = expand(b, dims);
    if (a.isFloat()) {
      float[] out = new float[condition.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = condition[i] != 0 ? left.floats()[i] : right.floats()[i];
      }
      return List.of(HostTensor.ofFloats(a.type(), dims, out));
    }
    long[] out = new long[condition.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = condition[i] != 0 ? left.ints()[i] : right.ints()[i];
    }
    return List.of(HostTensor.ofInts(a.type(), dims, out));
  }

  private static List<HostTensor> unary(
      ConstantOperands o, DoubleUnaryOperator real, LongUnaryOperator whole) {
    HostTensor x = o.get(0);
    o.spend(x.dims());
    if (x.isFloat()) {
      float[] out = new float[x.count()];
      for (int i = 0; i < out.length; i++) {
        out[i] = ElementType.round(x.type(), (float) real.applyAsDouble(x.floats()[i]));
      }
      return List.of(HostTensor.ofFloats(x.type(), x.dims(), out));
    }
    long[] out = new long[x.count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = ElementType.wrap(x.type(), whole.applyAsLong(x.ints()[i]));
    }
    return List.of(HostTensor.ofInts(x.type(), x.dims(), out));
  }

  private static List<HostTensor> binary(
      ConstantOperands o, DoubleBinaryOperator real, LongBinaryOperator whole) {
    requireOneType(o.get(0), o.get(1));
    return List.of(map(o, o.get(0), o.get(1), o.get(0).type(), real, whole));
  }

  private static List<HostTensor> fold(
      ConstantOperands o, DoubleBinaryOperator real, LongBinaryOperator whole) {
    HostTensor result = o.get(0);
    for (int i = 1; i < o.count(); i++) {
      requireOneType(result, o.get(i));
      result = map(o, result, o.get(i), result.type(), real, whole);
    }
    return List.of(result);
  }

  private static List<HostTensor> compare(
      ConstantOperands o, DoubleBinaryOperator real, LongBinaryOperator whole) {
    requireOneType(o.get(0), o.get(1));
    return List.of(map(o, o.get(0), o.get(1), ElementType.BOOL, real, whole));
  }

  private static List<HostTensor> logical(ConstantOperands o, LongBinaryOperator whole) {
    requireBool(o.get(0));
    requireBool(o.get(1));
    return List.of(map(o, o.get(0), o.get(1), ElementType.BOOL, (a, b) -> 0, whole));
  }

  private static void requireOneType(HostTensor a, HostTensor b) {
    if (a.type() != b.type()) {
      throw new IllegalArgumentException("operands " + a + " and " + b + " differ in type");
    }
  }

  private static void requireBool(HostTensor x) {
    if (x.type() != ElementType.BOOL) {
      throw new IllegalArgumentException("a bool operand is needed, not " + x);
    }
  }

  private static HostTensor map(
      ConstantOperands o,
      HostTensor a,
      HostTensor b,
      int type,
      DoubleBinaryOperator real,
      LongBinaryOperator whole) {
    long[] dims = broadcast(a.dims(), b.dims());
    o.spend(dims);
    HostTensor left = expand(a, dims);
    HostTensor right = expand(b, dims);
    int count = left.count();
    boolean toFloat = ElementType.isFloat(type);
    float[] floats = new float[toFloat ? count : 0];
    long[] ints = new long[toFloat ? 0 : count];
    for (int i = 0; i < count; i++) {
      if (a.isFloat()) {
        double v = real.applyAsDouble(left.floats()[i], right.floats()[i]);
        if (toFloat) {
          floats[i] = ElementType.round(type, (float) v);
        } else {
          ints[i] = (long) v;
        }
      } else {
        ints[i] = ElementType.wrap(type, whole.applyAsLong(left.ints()[i], right.ints()[i]));
      }
    }
    return toFloat ? HostTensor.ofFloats(type, dims, floats) : HostTensor.ofInts(type, dims, ints);
  }

  private static HostTensor expand(HostTensor x, long[] dims) {
    return Arrays.equals(x.dims(), dims) ? x : x.view(dims, 0, broadcastStrides(x, dims));
  }

  /** NumPy's broadcast of two lists of dimensions. */
  static long[] broadcast(long[] a, long[] b) {
    int rank = Math.max(a.length, b.length);
    long[] out = new long[rank];
    for (int i = 0; i < rank; i++) {
      int ia = i - (rank - a.length);
      int ib = i - (rank - b.length);
      long da = ia < 0 ? 1 : a[ia];
      long db = ib < 0 ? 1 : b[ib];
      if (da != db && da != 1 && db != 1) {
        throw new IllegalArgumentException(
            "dimensions "
                + Arrays.toString(a)
                + " and "
                + Arrays.toString(b)
                + " do not broadcast");
      }
      out[i] = da == 1 ? db : da;
    }
    return out;
  }

  /** Strides of x seen under the broadcast dimensions: 0 where it repeats. */
  static long[] broadcastStrides(HostTensor x, long[] dims) {
    long[] own = x.strides();
    long[] out = new long[dims.length];
    int shift = dims.length - x.rank();
    for (int i = 0; i < x.rank(); i++) {
      out[i + shift] = x.dim(i) == 1 ? 0 : own[i];
    }
    return out;
  }
}
