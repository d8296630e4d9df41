/** The {@code striate} command. */
module io.striate.cli {
  requires info.picocli;
  requires io.striate.core;
  requires io.striate.onnx;
  requires java.desktop;
  requires java.management;
  requires jdk.management;
  requires static org.jspecify;

  opens io.striate.cli to
      info.picocli;
}
