package io.striate.exec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Steps over buffers with fixed offsets in one block of memory.
 *
 * @param steps on the images of one round of their stage
 * @param stages cover the steps in order
 */
record Plan(
    List<Step> steps,
    List<Stage> stages,
    long memoryBytes,
    List<Placement> inputs,
    List<Placement> outputs) {
  Plan {
    steps = List.copyOf(steps);
    stages = List.copyOf(stages);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The stage of every step. */
  List<Stage> stageOfSteps() {
    List<Stage> all = new ArrayList<>();
    for (Stage s : stages) {
      all.addAll(Collections.nCopies(s.end() - s.first(), s));
    }
    return all;
  }
}
