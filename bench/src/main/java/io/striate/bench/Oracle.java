package io.striate.bench;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The right answer to a subject's inputs: that of the scalar strategy, plain loops with float64
 * sums.
 *
 * <p>They take minutes for a large network and batch, so answers are kept in {@code
 * bench/target/oracle}, image by image, under a digest of the model's bytes: another model, other
 * weights or another image is another file. Whoever changes the scalar loops deletes the folder.
 * Images are computed one by one, which is the same as all at once: no result depends on the batch.
 */
final class Oracle {
  /**
   * An answer.
   *
   * @param output all outputs one after the other, in row-major order
   * @param macs multiply-adds of one run of the whole batch
   */
  record Answer(float[] output, long macs) {}

  private final Subject subject;
  private final Path folder;

  private Oracle(Subject subject, Path folder) {
    this.subject = subject;
    this.folder = folder;
  }

  /** The answer for all images of the subject's batch. */
  static Answer answer(Subject subject) {
    return new Oracle(subject, Places.root().resolve("bench/target/oracle")).answer();
  }

  private Answer answer() {
    String digest = digest();
    List<Path> files =
        IntStream.range(0, subject.batch())
            .mapToObj(i -> folder.resolve(digest + "-" + i + ".f32"))
            .toList();
    Subject one = subject.withBatch(1);
    if (!files.stream().allMatch(Files::isRegularFile)) {
      compute(one, files);
    }
    List<Answer> images = files.stream().map(Oracle::read).toList();
    return new Answer(batched(one, images), images.stream().mapToLong(Answer::macs).sum());
  }

  private void compute(Subject one, List<Path> files) {
    Map<String, float[]> inputs = subject.inputs();
    Options options =
        Options.defaults()
            .strategy(Engine.ORACLE)
            .batch(1)
            .threads(Runtime.getRuntime().availableProcessors());
    try (CompiledModel model = subject.model().compile(options);
        Execution run = model.newExecution()) {
      for (int i = 0; i < files.size(); i++) {
        if (!Files.isRegularFile(files.get(i))) {
          image(one, inputs, i).forEach((name, v) -> run.input(name).copyFrom(v));
          run.run();
          write(files.get(i), new Answer(joined(model, run), model.explain().macs()));
        }
      }
    }
  }

  /** Image {@code i} of every input. */
  private static Map<String, float[]> image(Subject one, Map<String, float[]> inputs, int i) {
    Map<String, float[]> image = new LinkedHashMap<>();
    for (Value v : one.graph().inputs()) {
      int size = Subject.elements(v.shape());
      float[] values = new float[size];
      float[] all = inputs.getOrDefault(v.name(), values);
      System.arraycopy(all, all.length == size ? 0 : i * size, values, 0, size);
      image.put(v.name(), values);
    }
    return image;
  }

  private static float[] joined(CompiledModel model, Execution run) {
    int total = model.outputs().stream().mapToInt(v -> Subject.elements(v.shape())).sum();
    float[] all = new float[total];
    int at = 0;
    for (Value v : model.outputs()) {
      float[] values = run.output(v.name()).toArray();
      System.arraycopy(values, 0, all, at, values.length);
      at += values.length;
    }
    return all;
  }

  /** The answers of single images as that of a batch: for each output all images. */
  private static float[] batched(Subject one, List<Answer> images) {
    float[] all = new float[images.get(0).output().length * images.size()];
    int to = 0;
    int from = 0;
    for (Value v : one.graph().outputs()) {
      int size = Subject.elements(v.shape());
      for (Answer image : images) {
        System.arraycopy(image.output(), from, all, to, size);
        to += size;
      }
      from += size;
    }
    return all;
  }

  private String digest() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(subject.onnx()), 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  private static Answer read(Path file) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      long macs = bytes.getLong();
      float[] values = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(values);
      return new Answer(values, macs);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the oracle's answer in " + file, e);
    }
  }

  /** In one move, so that a run that is cut off leaves no half answer. */
  private void write(Path file, Answer answer) {
    try {
      Files.createDirectories(folder);
      ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + answer.output().length * Float.BYTES);
      bytes.putLong(answer.macs()).asFloatBuffer().put(answer.output());
      Path part = Files.createTempFile(folder, "answer", ".part");
      Files.write(part, bytes.array());
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep the oracle's answer in " + file, e);
    }
  }
}
