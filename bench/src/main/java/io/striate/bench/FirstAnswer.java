package io.striate.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.image.Image;
import io.striate.image.Preprocessing;
import io.striate.onnx.OnnxModel;
import io.striate.onnx.OnnxOptions;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * One process from nothing to one answer, as a program that embeds an engine has it: loads a model
 * of ImageNet's pictures, reads a picture, runs once, prints the best class. {@link Startup} starts
 * it. Both engines read and scale the picture by the same code.
 */
final class FirstAnswer {
  static final String MARK = "best class ";
  private static final int SIZE = 224;

  private FirstAnswer() {}

  /** Arguments: cpu or onnxruntime, an ONNX file, a picture, the number of threads. */
  public static void main(String[] args) throws IOException, OrtException {
    Path model = Path.of(args[1]);
    Path picture = Path.of(args[2]);
    int threads = Integer.parseInt(args[3]);
    int best =
        switch (args[0]) {
          case "cpu" -> striate(model, picture, threads);
          case "onnxruntime" -> peer(model, picture, threads);
          default -> throw new IllegalArgumentException("there is no engine " + args[0]);
        };
    System.out.println(MARK + best);
  }

  private static int striate(Path model, Path picture, int threads) throws IOException {
    Thread.ofPlatform().daemon().start(() -> Strategies.named("cpu").unavailable());
    OnnxOptions options = OnnxOptions.defaults().withImageSize(SIZE, SIZE);
    try (CompiledModel compiled =
            OnnxModel.load(model, options)
                .compile(Options.defaults().strategy("cpu").threads(threads));
        Execution run = compiled.newExecution()) {
      Preprocessing.imagenet().newPreprocessor().apply(Image.read(picture), run.input(), 0);
      run.run();
      return best(run.output().toArray());
    }
  }

  private static int peer(Path model, Path picture, int threads) throws IOException, OrtException {
    Tensor pixels = Tensor.of(Shape.of(1, 3, SIZE, SIZE), new float[3 * SIZE * SIZE]);
    Preprocessing.imagenet().newPreprocessor().apply(Image.read(picture), pixels, 0);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      try (OrtSession session = environment.createSession(model.toString(), options);
          OnnxTensor input =
              OnnxTensor.createTensor(
                  environment, java.nio.FloatBuffer.wrap(pixels.toArray()), pixels.shape().dims());
          OrtSession.Result result =
              session.run(Map.of(session.getInputNames().iterator().next(), input))) {
        OnnxTensor output = (OnnxTensor) result.get(0);
        float[] values = new float[Math.toIntExact(output.getInfo().getNumElements())];
        output.getFloatBuffer().get(values);
        return best(values);
      }
    }
  }

  private static int best(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }
}
