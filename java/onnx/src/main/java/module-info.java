/** Imports ONNX models. */
module io.striate.onnx {
  requires com.google.protobuf;
  requires transitive io.striate.core;
  requires static org.jspecify;
}
