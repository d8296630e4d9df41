/** Imports ONNX models. */
module io.striate.onnx {
  requires com.google.protobuf;
  requires transitive io.striate.core;
  requires static org.jspecify;

  exports io.striate.onnx;
  exports io.striate.onnx.proto to
      com.google.protobuf;
}
