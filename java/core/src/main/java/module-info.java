/** Tensors, operations, providers, graph and execution. */
module io.striate.core {
  requires io.striate.bindings;
  requires static jdk.incubator.vector;
  requires static org.jspecify;
}
