package io.striate.serve;

import io.striate.exec.CompiledModel;
import io.striate.exec.Options;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** One model compiled for several batch sizes, warmed up, with the plan of how to combine them. */
final class BatchModels implements AutoCloseable {
  private final List<CompiledModel> models = new ArrayList<>();
  private final List<Integer> sizes;
  private final BatchPlan plan;

  BatchModels(Graph graph, Options options, BatchPolicy policy) {
    this.sizes = policy.sizes();
    List<Long> nanos = new ArrayList<>();
    try {
      for (int size : sizes) {
        CompiledModel model = CompiledModel.compile(graph, options.batch(size));
        models.add(model);
        requireBatch(model, size);
        nanos.add(model.warmUp().toNanos());
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    this.plan = BatchPlan.of(sizes, nanos, policy.maxBatch());
  }

  /** Every input and output must have one row per request. */
  private static void requireBatch(CompiledModel model, int size) {
    List<Value> values = new ArrayList<>(model.inputs());
    values.addAll(model.outputs());
    for (Value v : values) {
      Shape shape = v.shape();
      if (shape.rank() == 0 || shape.dim(0) != size) {
        throw new IllegalArgumentException(
            v.name()
                + " has shape "
                + shape
                + " at batch "
                + size
                + "; to be batched, the first dimension of every input and output must be the"
                + " batch");
      }
    }
  }

  List<Value> inputs() {
    return models.getFirst().inputs();
  }

  List<Value> outputs() {
    return models.getFirst().outputs();
  }

  List<Integer> sizes() {
    return sizes;
  }

  List<CompiledModel> models() {
    return models;
  }

  BatchPlan plan() {
    return plan;
  }

  @Override
  public void close() {
    models.forEach(CompiledModel::close);
  }
}
