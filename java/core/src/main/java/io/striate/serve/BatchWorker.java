package io.striate.serve;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.graph.Value;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.List;

/** The executions of one thread, one per compiled size, and views of each image in them. */
final class BatchWorker implements AutoCloseable {
  /** Views of every image of every input or output, by image and then by value. */
  private record Slot(
      int size, Execution run, List<List<Tensor>> inputs, List<List<Tensor>> outputs) {}

  private final List<Slot> slots = new ArrayList<>();
  private final BatchPlan plan;

  BatchWorker(BatchModels models) {
    this.plan = models.plan();
    try {
      for (int i = 0; i < models.models().size(); i++) {
        CompiledModel model = models.models().get(i);
        Execution run = model.newExecution();
        int size = models.sizes().get(i);
        List<Tensor> in = model.inputs().stream().map(Value::name).map(run::input).toList();
        List<Tensor> out = model.outputs().stream().map(Value::name).map(run::output).toList();
        slots.add(new Slot(size, run, images(in, size), images(out, size)));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static List<List<Tensor>> images(List<Tensor> tensors, int size) {
    List<List<Tensor>> images = new ArrayList<>();
    for (int n = 0; n < size; n++) {
      int image = n;
      images.add(tensors.stream().map(t -> image(t, image)).toList());
    }
    return images;
  }

  private static Tensor image(Tensor batch, int n) {
    TensorDesc d = batch.desc();
    TensorDesc one =
        new TensorDesc(
            d.dtype(), d.shape().withDim(0, 1), d.layout().shifted(n * d.layout().stride(0)));
    return new Tensor(one, batch.data());
  }

  /** Images that a batch of {@code n} computes only to fill a compiled size. */
  int padding(int n) {
    return plan.runs(n).stream().mapToInt(Integer::intValue).sum() - n;
  }

  /** Computes and answers all requests; returns how many failed, whose answers say why. */
  int run(List<Request> batch) {
    int failed = 0;
    int from = 0;
    for (int size : plan.runs(batch.size())) {
      int to = Math.min(batch.size(), from + size);
      failed += run(slot(size), batch.subList(from, to));
      from = to;
    }
    return failed;
  }

  private Slot slot(int size) {
    for (Slot s : slots) {
      if (s.size() == size) {
        return s;
      }
    }
    throw new IllegalStateException("no execution of batch " + size);
  }

  private static int run(Slot slot, List<Request> part) {
    List<List<float[]>> results = new ArrayList<>();
    try {
      for (int n = 0; n < part.size(); n++) {
        List<float[]> values = part.get(n).inputs();
        for (int i = 0; i < values.size(); i++) {
          slot.inputs().get(n).get(i).copyFrom(values.get(i));
        }
      }
      slot.run().run();
      for (int n = 0; n < part.size(); n++) {
        results.add(slot.outputs().get(n).stream().map(Tensor::toArray).toList());
      }
    } catch (Throwable t) {
      part.forEach(r -> r.answer().completeExceptionally(t));
      return part.size();
    }
    for (int n = 0; n < part.size(); n++) {
      part.get(n).deliver().accept(results.get(n));
    }
    return 0;
  }

  @Override
  public void close() {
    slots.forEach(s -> s.run().close());
  }
}
