package io.striate.graph;

import io.striate.op.Op;
import java.util.List;

/** One operation of a {@link Graph} with its operands and results. */
public record Node(String name, Op op, List<Value> inputs, List<Value> outputs) {
  /** Copies the lists. */
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Nodes are looked for in lists; see {@link Value#equals}. */
  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Node n
            && name.equals(n.name)
            && op.equals(n.op)
            && inputs.equals(n.inputs)
            && outputs.equals(n.outputs));
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  /** The only result. */
  public Value output() {
    if (outputs.size() != 1) {
      throw new IllegalStateException("node " + name + " has " + outputs.size() + " results");
    }
    return outputs.get(0);
  }
}
