package io.striate.bench;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.nn.Model;
import io.striate.onnx.OnnxExporter;
import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.Pool;
import io.striate.op.Softmax;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** A network of a few microseconds with a layer of each usual kind. */
final class TinyModel {
  private TinyModel() {}

  static Model make() {
    SplittableRandom random = new SplittableRandom(5);
    Graph.Builder g = Graph.builder("tiny");
    Value x = g.input("x", Shape.of(Shape.DYNAMIC, 2, 4, 4));
    Value w = g.constant("w", random(random, 4, 2, 3, 3));
    Value b = g.constant("b", random(random, 4));
    x = g.add("conv", new Conv(Window.of(3, 3).withPadding(1), 1, Epilogue.BIAS), x, w, b);
    x = g.add("relu", new Unary(Activation.RELU), x);
    x = g.add("pool", Pool.max(Window.of(2, 2).withStride(2)), x);
    x = g.add("flatten", new Flatten(1), x);
    Value v = g.constant("v", random(random, 10, 16));
    Value c = g.constant("c", random(random, 10));
    x = g.add("dense", Gemm.dense(Epilogue.BIAS), x, v, c);
    return Model.of(g.output(g.add("softmax", new Softmax(1, false), x)).build());
  }

  private static Tensor random(SplittableRandom random, long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return Tensor.of(shape, values);
  }

  /** Writes it as ONNX and returns the path. */
  static String write(Path folder) {
    Path file = folder.resolve("tiny.onnx");
    OnnxExporter.write(make(), file);
    return file.toString();
  }
}
