package io.striate.exec;

import java.util.List;

/** Steps over buffers with fixed offsets in one block of memory. */
record Plan(List<Step> steps, long memoryBytes, List<Placement> inputs, List<Placement> outputs) {
  Plan {
    steps = List.copyOf(steps);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
