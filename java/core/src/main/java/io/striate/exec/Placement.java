package io.striate.exec;

import io.striate.tensor.TensorDesc;

/** A tensor in a buffer: the layout's offset is relative to the buffer's start. */
record Placement(Buffer buffer, TensorDesc desc) {

  /** Written out as in {@link io.striate.graph.Value#equals}. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Placement that && buffer.equals(that.buffer) && desc.equals(that.desc);
  }

  @Override
  public int hashCode() {
    return 31 * buffer.hashCode() + desc.hashCode();
  }
}
