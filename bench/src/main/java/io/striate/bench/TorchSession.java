package io.striate.bench;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * A model in PyTorch by way of DJL: a TorchScript module, loaded once, with batch normalisation
 * folded; inputs in tensors that stay, one call of the module per run. The number of threads holds
 * for the whole process.
 */
final class TorchSession implements Session {
  private static final String NATIVES = "native/lib/pytorch.properties";

  private final PtNDManager manager;
  private final PtSymbolBlock module;
  private final IValue[] inputs;
  private NDList results = new NDList();

  TorchSession(Subject subject, int threads) {
    prepare();
    NDManager made = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
    manager = (PtNDManager) made;
    try {
      JniUtils.setNumThreads(threads);
      Graph graph = LayerWalk.optimized(subject);
      module = load(graph);
      Map<String, float[]> values = subject.inputs();
      List<IValue> placed = new ArrayList<>();
      for (Value v : graph.inputs()) {
        float[] given = values.getOrDefault(v.name(), new float[Subject.elements(v.shape())]);
        NDArray array = manager.create(given, new ai.djl.ndarray.types.Shape(v.shape().dims()));
        placed.add(IValue.from((PtNDArray) array));
      }
      inputs = placed.toArray(IValue[]::new);
    } catch (IOException e) {
      made.close();
      throw new StriateException("PyTorch on " + subject.name() + ": " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      made.close();
      throw e;
    }
  }

  /** Nothing is downloaded, nothing reported; natives are unpacked beside the build. */
  private static void prepare() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (System.getProperty("DJL_CACHE_DIR") == null) {
      Path cache = Places.root().resolve("bench/target/djl");
      System.setProperty("DJL_CACHE_DIR", cache.toString());
    }
  }

  /** Why PyTorch cannot run here, or empty if it can. */
  static Optional<String> unavailable() {
    return TorchSession.class.getClassLoader().getResource(NATIVES) == null
        ? Optional.of(
            "PyTorch's libraries are not on the class path; ./striate compare and bar build with"
                + " -Ppytorch where pytorch is among the engines")
        : Optional.empty();
  }

  /** The version of PyTorch and of DJL. */
  static String version() {
    Properties natives = new Properties();
    try (InputStream in = TorchSession.class.getClassLoader().getResourceAsStream(NATIVES)) {
      if (in != null) {
        natives.load(in);
      }
    } catch (IOException e) {
      throw new StriateException("cannot read " + NATIVES + ": " + e.getMessage(), e);
    }
    return "PyTorch "
        + natives.getProperty("version", "of unknown version")
        + " by DJL "
        + Engine.getDjlVersion();
  }

  private PtSymbolBlock load(Graph graph) throws IOException {
    Path file = Files.createTempFile("striate-bench", ".pt");
    try {
      TorchArchive.write(graph, file);
      return JniUtils.loadModule(manager, file, false, new String[0], new String[0], false);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public void run() {
    results.close();
    try (IValue answer = module.forward(inputs)) {
      results = answer.toNDList(manager);
    }
  }

  @Override
  public float[] output() {
    float[] all = new float[Math.toIntExact(results.stream().mapToLong(NDArray::size).sum())];
    int at = 0;
    for (NDArray a : results) {
      float[] one = a.toFloatArray();
      System.arraycopy(one, 0, all, at, one.length);
      at += one.length;
    }
    return all;
  }

  @Override
  public void close() {
    results.close();
    for (IValue v : inputs) {
      v.close();
    }
    module.close();
    manager.close();
  }
}
