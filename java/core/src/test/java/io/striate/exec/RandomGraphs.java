package io.striate.exec;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.Dropout;
import io.striate.op.Epilogue;
import io.striate.op.GlobalPool;
import io.striate.op.Pool;
import io.striate.op.Slice;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random image graphs of the ops that passes rewrite, with branches, residuals and concatenations.
 */
final class RandomGraphs {
  private final SplittableRandom random;
  private final Graph.Builder b;
  private int number;

  private RandomGraphs(int seed) {
    this.random = new SplittableRandom(seed);
    this.b = Graph.builder("random " + seed);
  }

  static Graph make(int seed) {
    return new RandomGraphs(seed).build();
  }

  private Graph build() {
    List<Value> values = new ArrayList<>();
    values.add(b.input("x", Shape.of(1 + random.nextInt(2), 1 + random.nextInt(5), 6, 5)));
    for (int i = 0; i < 12; i++) {
      Value x = values.get(random.nextInt(values.size()));
      Value y = values.get(random.nextInt(values.size()));
      values.add(node(x, y));
    }
    Value last = values.get(values.size() - 1);
    return b.output(b.add("pool", GlobalPool.average(), last)).build();
  }

  private Tensor values(double low, double high, long... dims) {
    float[] v = new float[(int) Shape.of(dims).elements()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) random.nextDouble(low, high);
    }
    return Tensor.of(Shape.of(dims), v);
  }

  private Value node(Value x, Value y) {
    String name = "n" + number++;
    long channels = x.shape().dim(1);
    return switch (random.nextInt(10)) {
      case 0, 1 -> conv(name, x, 1 + random.nextInt(6));
      case 2 ->
          b.add(
              name,
              new BatchNorm(1e-3f, Activation.NONE),
              x,
              b.constant(name + ".s", values(0.5, 1.5, channels)),
              b.constant(name + ".b", values(-1, 1, channels)),
              b.constant(name + ".m", values(-1, 1, channels)),
              b.constant(name + ".v", values(0.5, 2, channels)));
      case 3 -> b.add(name, new Unary(random.nextBoolean() ? Activation.RELU : Activation.TANH), x);
      case 4 -> b.add(name, Binary.of(Binary.Kind.ADD), x, conv(name + ".c", y, channels));
      case 5 ->
          b.add(
              name,
              Binary.of(Binary.Kind.ADD),
              conv(name + ".c", x, 3),
              b.constant(name + ".b", values(-1, 1, 3, 1, 1)));
      case 6 -> b.add(name, new Concat(1), x, y);
      case 8 -> {
        Value gate = b.constant(name + ".g", values(0.5, 1.5, channels, 1, 1));
        Value gated = b.add(name + ".gated", Binary.of(Binary.Kind.MUL), x, gate);
        yield b.add(
            name, Binary.of(Binary.Kind.ADD), y, conv(name + ".c", gated, y.shape().dim(1)));
      }
      case 7 -> b.add(name, new Dropout(0.3f), b.add(name + ".p", pool(), x));
      default -> b.add(name, new Slice(List.of(1), List.of(0L), List.of(3L), List.of(1L)), x);
    };
  }

  private static Pool pool() {
    return Pool.average(Window.of(3, 3).withPadding(1));
  }

  private Value conv(String name, Value x, long out) {
    int k = random.nextBoolean() ? 1 : 3;
    Window window = Window.of(k, k).withPadding(k / 2);
    long in = x.shape().dim(1);
    Value w = b.constant(name + ".w", values(-0.4, 0.4, out, in, k, k));
    return b.add(name, new Conv(window, 1, Epilogue.NONE), x, w);
  }
}
