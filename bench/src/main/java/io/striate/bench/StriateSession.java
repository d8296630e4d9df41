package io.striate.bench;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Value;
import io.striate.op.Accuracy;

/** A model compiled by Striate. */
final class StriateSession implements Session {
  private final CompiledModel model;
  private final Execution execution;

  StriateSession(String strategy, Accuracy accuracy, Subject subject, int threads) {
    Options options =
        Options.defaults()
            .strategy(strategy)
            .accuracy(accuracy)
            .batch(subject.batch())
            .threads(threads);
    model = subject.model().compile(options);
    Execution made = null;
    try {
      made = model.newExecution();
      for (var input : subject.inputs().entrySet()) {
        made.input(input.getKey()).copyFrom(input.getValue());
      }
      execution = made;
    } catch (RuntimeException | Error e) {
      if (made != null) {
        made.close();
      }
      model.close();
      throw e;
    }
  }

  CompiledModel model() {
    return model;
  }

  @Override
  public void run() {
    execution.run();
  }

  @Override
  public float[] output() {
    int total = model.outputs().stream().mapToInt(v -> Subject.elements(v.shape())).sum();
    float[] all = new float[total];
    int at = 0;
    for (Value v : model.outputs()) {
      float[] one = execution.output(v.name()).toArray();
      System.arraycopy(one, 0, all, at, one.length);
      at += one.length;
    }
    return all;
  }

  @Override
  public void close() {
    execution.close();
    model.close();
  }
}
