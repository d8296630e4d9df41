/** Tensors, operations, providers, graph and execution. */
module io.striate.core {
  requires io.striate.bindings;
  requires java.desktop;
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports io.striate;
  exports io.striate.data;
  exports io.striate.exec;
  exports io.striate.graph;
  exports io.striate.image;
  exports io.striate.io;
  exports io.striate.nn;
  exports io.striate.op;
  exports io.striate.op.scalar;
  exports io.striate.op.vector;
  exports io.striate.serve;
  exports io.striate.tensor;
  exports io.striate.zoo;
}
