package io.striate.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.protobuf.InvalidProtocolBufferException;
import io.striate.StriateException;
import io.striate.graph.Value;
import io.striate.onnx.proto.GraphProto;
import io.striate.onnx.proto.ModelProto;
import io.striate.onnx.proto.TensorShapeProto;
import io.striate.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model in ONNX Runtime, set up as fast as it goes: all graph optimisations, sequential execution
 * with all threads inside operators, a fixed batch, inputs and outputs in direct buffers that stay
 * bound.
 */
final class PeerSession implements Session {
  private final SessionOptions options = new SessionOptions();
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
  private final List<FloatBuffer> results = new ArrayList<>();

  PeerSession(Subject subject, int threads) {
    OrtSession made = null;
    try {
      OrtEnvironment environment = environment();
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
      byte[] onnx = subject.onnx();
      for (var size : symbolicSizes(onnx, subject).entrySet()) {
        options.setSymbolicDimensionValue(size.getKey(), size.getValue());
      }
      made = environment.createSession(onnx, options);
      session = made;
      Map<String, float[]> values = subject.inputs();
      for (Value v : subject.graph().inputs()) {
        FloatBuffer buffer = buffer(v);
        buffer.put(0, values.getOrDefault(v.name(), new float[0]));
        inputs.put(v.name(), OnnxTensor.createTensor(environment, buffer, v.shape().dims()));
      }
      for (Value v : subject.graph().outputs()) {
        FloatBuffer buffer = buffer(v);
        results.add(buffer);
        outputs.put(v.name(), OnnxTensor.createTensor(environment, buffer, v.shape().dims()));
      }
    } catch (OrtException e) {
      free(made);
      throw new StriateException("ONNX Runtime on " + subject.name() + ": " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      free(made);
      throw e;
    }
  }

  /** What the named dimensions of the inputs are here, so that the optimiser knows all shapes. */
  private static Map<String, Long> symbolicSizes(byte[] onnx, Subject subject) {
    GraphProto graph;
    try {
      graph = ModelProto.parseFrom(onnx).getGraph();
    } catch (InvalidProtocolBufferException e) {
      throw new StriateException(subject.name() + " is no ONNX model: " + e.getMessage(), e);
    }
    Map<String, ValueInfoProto> named = new HashMap<>();
    graph.getInputList().forEach(i -> named.put(i.getName(), i));
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (Value v : subject.graph().inputs()) {
      ValueInfoProto input = named.getOrDefault(v.name(), ValueInfoProto.getDefaultInstance());
      TensorShapeProto shape = input.getType().getTensorType().getShape();
      for (int i = 0; i < shape.getDimCount(); i++) {
        String symbol = shape.getDim(i).getDimParam();
        if (!symbol.isEmpty()) {
          sizes.put(symbol, v.shape().dim(i));
        }
      }
    }
    return sizes;
  }

  private static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "striate-bench");
  }

  static String version() {
    return environment().getVersion();
  }

  private static FloatBuffer buffer(Value v) {
    int bytes = Math.multiplyExact(Subject.elements(v.shape()), Float.BYTES);
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Override
  public void run() {
    try (OrtSession.Result bound = session.run(inputs, outputs)) {
      if (bound.size() != outputs.size()) {
        throw new IllegalStateException("ONNX Runtime gave " + bound.size() + " outputs");
      }
    } catch (OrtException e) {
      throw new StriateException("ONNX Runtime: " + e.getMessage(), e);
    }
  }

  @Override
  public float[] output() {
    float[] all = new float[results.stream().mapToInt(FloatBuffer::capacity).sum()];
    int at = 0;
    for (FloatBuffer b : results) {
      b.get(0, all, at, b.capacity());
      at += b.capacity();
    }
    return all;
  }

  private void free(@org.jspecify.annotations.Nullable OrtSession made) {
    inputs.values().forEach(OnnxTensor::close);
    outputs.values().forEach(OnnxTensor::close);
    try {
      if (made != null) {
        made.close();
      }
    } catch (OrtException e) {
      throw new StriateException("ONNX Runtime: " + e.getMessage(), e);
    } finally {
      options.close();
    }
  }

  @Override
  public void close() {
    free(session);
  }
}
