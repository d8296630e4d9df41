package io.striate.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.graph.Value;
import io.striate.nn.Model;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Runs models in ONNX Runtime and in Striate and compares the results. */
final class Peer {
  private static final OrtEnvironment ENVIRONMENT =
      OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "test");

  private Peer() {}

  /** The strategies that this machine can run. */
  static List<String> strategies() {
    return Strategies.all().stream()
        .filter(s -> s.unavailable().isEmpty())
        .map(Strategies.Strategy::name)
        .toList();
  }

  record Result(Shape shape, float[] values) {}

  /** Opens a session. */
  private interface Opener {
    OrtSession open(OrtSession.SessionOptions options) throws OrtException;
  }

  /** Outputs of ONNX Runtime. */
  static Map<String, Result> ort(byte[] model, Map<String, Tensor> inputs) {
    return ort(options -> ENVIRONMENT.createSession(model, options), inputs);
  }

  /** Outputs of ONNX Runtime for the model in a file. */
  static Map<String, Result> ort(Path model, Map<String, Tensor> inputs) {
    return ort(options -> ENVIRONMENT.createSession(model.toString(), options), inputs);
  }

  private static Map<String, Result> ort(Opener opener, Map<String, Tensor> inputs) {
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.BASIC_OPT);
      try (OrtSession session = opener.open(options)) {
        for (Map.Entry<String, Tensor> e : inputs.entrySet()) {
          tensors.put(
              e.getKey(),
              OnnxTensor.createTensor(
                  ENVIRONMENT,
                  FloatBuffer.wrap(e.getValue().toArray()),
                  e.getValue().shape().dims()));
        }
        Map<String, Result> out = new LinkedHashMap<>();
        try (OrtSession.Result result = session.run(tensors)) {
          for (Map.Entry<String, NodeInfo> e : session.getOutputInfo().entrySet()) {
            OnnxTensor t = (OnnxTensor) result.get(e.getKey()).orElseThrow();
            FloatBuffer buffer = t.getFloatBuffer();
            float[] values = new float[buffer.remaining()];
            buffer.get(values);
            out.put(e.getKey(), new Result(Shape.of(t.getInfo().getShape()), values));
          }
        }
        return out;
      }
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  /** Outputs of Striate. */
  static Map<String, Result> striate(Model model, Map<String, Tensor> inputs, Options options) {
    Shape first = inputs.values().iterator().next().shape();
    Options with =
        model.graph().isDynamicBatch() ? options.batch(Math.toIntExact(first.dim(0))) : options;
    try (CompiledModel compiled = CompiledModel.compile(model.graph(), with);
        Execution run = compiled.newExecution()) {
      inputs.forEach((name, t) -> run.input(name).copyFrom(t.toArray()));
      run.run();
      Map<String, Result> out = new LinkedHashMap<>();
      for (Value v : compiled.outputs()) {
        Tensor t = run.output(v.name());
        out.put(v.name(), new Result(t.shape(), t.toArray()));
      }
      return out;
    }
  }

  static Tensor random(Shape shape, long seed) {
    Random random = new Random(seed);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 4 - 2;
    }
    return Tensor.of(shape, values);
  }

  /**
   * Imports the model and compares it with ONNX Runtime on random inputs, at several batches if it
   * is dynamic.
   */
  static Model check(ModelMaker maker) {
    return check(maker.bytes());
  }

  static Model check(byte[] bytes) {
    return check(bytes, bytes);
  }

  /** As {@link #check(ModelMaker)}, where ONNX Runtime needs the same model in another form. */
  static Model check(ModelMaker maker, ModelMaker forPeer) {
    return check(maker.bytes(), forPeer.bytes());
  }

  private static Model check(byte[] bytes, byte[] forPeer) {
    Model model = OnnxModel.load(bytes);
    List<Integer> batches = model.graph().isDynamicBatch() ? List.of(1, 3) : List.of(0);
    for (int batch : batches) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      for (Value v : model.graph().inputs()) {
        Shape shape = batch == 0 ? v.shape() : v.shape().withDim(0, batch);
        inputs.put(v.name(), random(shape, 11 + inputs.size()));
      }
      Map<String, Result> expected = ort(forPeer, inputs);
      Options options = Options.defaults().threads(1);
      assertClose(
          expected, striate(model, inputs, options.strategy("scalar").optimize(false)), 2e-5);
      for (String strategy : strategies()) {
        try {
          assertClose(expected, striate(model, inputs, options.strategy(strategy)), 2e-5);
        } catch (AssertionError e) {
          throw new AssertionError("strategy " + strategy + ": " + e.getMessage(), e);
        }
      }
    }
    return model;
  }

  /** Compares all outputs: the error may be {@code bound} times the largest value. */
  static void assertClose(Map<String, Result> expected, Map<String, Result> actual, double bound) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, e) -> {
          Result a = actual.get(name);
          assertEquals(e.shape(), a.shape(), name);
          double largest = 1;
          for (float v : e.values()) {
            largest = Math.max(largest, Math.abs(v));
          }
          for (int i = 0; i < e.values().length; i++) {
            double difference = Math.abs((double) e.values()[i] - a.values()[i]);
            boolean same = Float.compare(e.values()[i], a.values()[i]) == 0;
            assertTrue(
                same || difference <= bound * largest,
                () ->
                    name
                        + ": expected "
                        + Arrays.toString(
                            Arrays.copyOf(e.values(), Math.min(24, e.values().length)))
                        + ", but got "
                        + Arrays.toString(
                            Arrays.copyOf(a.values(), Math.min(24, a.values().length))));
          }
        });
  }
}
