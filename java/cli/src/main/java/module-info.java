/** The {@code striate} command. */
module io.striate.cli {
  requires info.picocli;
  requires io.striate.core;
  requires io.striate.onnx;
  requires static org.jspecify;
}
