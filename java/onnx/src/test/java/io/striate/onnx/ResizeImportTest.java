package io.striate.onnx;

import static io.striate.onnx.ModelMaker.attr;
import static io.striate.onnx.ModelMaker.floatList;
import static io.striate.onnx.ModelMaker.list;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResizeImportTest {

  private static ModelMaker images(int opset) {
    return ModelMaker.opset(opset).input("x", -1, 2, 5, 4);
  }

  private static void assertFails(ModelMaker maker, String... parts) {
    String message =
        assertThrows(StriateException.class, () -> OnnxModel.load(maker.bytes())).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void upsample() {
    Peer.check(images(7).node("Upsample", "x", "y", floatList("scales", 1, 1, 2, 3)).output("y"));
    for (String mode : List.of("nearest", "linear")) {
      Peer.check(
          images(9)
              .floats("scales", new long[] {4}, 1, 1, 2, 1.5f)
              .node("Upsample", "x,scales", "y", attr("mode", mode))
              .output("y"));
    }
    assertFails(
        images(10)
            .floats("scales", new long[] {4}, 1, 1, 2, 2)
            .node("Upsample", "x,scales", "y")
            .output("y"),
        "Upsample exists up to opset 9");
  }

  @Test
  void opset10() {
    for (String mode : List.of("nearest", "linear")) {
      for (float[] s : new float[][] {{1, 1, 2, 1.7f}, {1, 1, 0.6f, 0.5f}}) {
        Peer.check(
            images(10)
                .floats("scales", new long[] {4}, s)
                .node("Resize", "x,scales", "y", attr("mode", mode))
                .output("y"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "11,half_pixel", "11,pytorch_half_pixel", "11,align_corners", "11,asymmetric",
    "13,half_pixel", "13,align_corners", "18,half_pixel", "18,asymmetric",
    "19,pytorch_half_pixel", "19,half_pixel"
  })
  void scalesAndSizes(int opset, String coordinates) {
    for (String mode : List.of("nearest", "linear")) {
      for (float[] s : new float[][] {{1, 1, 2, 1.7f}, {1, 1, 0.6f, 0.5f}, {1, 1, 0.2f, 3}}) {
        Peer.check(
            images(opset)
                .floats("roi", new long[] {0})
                .floats("scales", new long[] {4}, s)
                .node(
                    "Resize",
                    "x,roi,scales",
                    "y",
                    attr("mode", mode),
                    attr("coordinate_transformation_mode", coordinates))
                .output("y"));
      }
      Peer.check(
          ModelMaker.opset(opset)
              .input("x", 2, 2, 5, 4)
              .floats("none", new long[] {0})
              .ints("sizes", 2, 2, 8, 3)
              .node(
                  "Resize",
                  opset == 11 ? "x,none,none,sizes" : "x,,,sizes",
                  "y",
                  attr("mode", mode),
                  attr("coordinate_transformation_mode", coordinates))
              .output("y"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
  void roundings(String nearest) {
    for (String coordinates : List.of("half_pixel", "asymmetric", "align_corners")) {
      Peer.check(
          images(13)
              .floats("scales", new long[] {4}, 1, 1, 1.6f, 0.75f)
              .node(
                  "Resize",
                  "x,,scales",
                  "y",
                  attr("nearest_mode", nearest),
                  attr("coordinate_transformation_mode", coordinates))
              .output("y"));
    }
  }

  @Test
  void axesAndAspectRatio() {
    Peer.check(
        images(18)
            .floats("scales", new long[] {2}, 2, 3)
            .node("Resize", "x,,scales", "y", attr("mode", "linear"), list("axes", 3, 2))
            .output("y"));
    for (String policy : List.of("stretch", "not_larger", "not_smaller")) {
      Peer.check(
          images(18)
              .ints("sizes", 7, 9)
              .node(
                  "Resize",
                  "x,,,sizes",
                  "y",
                  attr("mode", "linear"),
                  attr("keep_aspect_ratio_policy", policy),
                  list("axes", 2, 3))
              .output("y"));
    }
  }

  @Test
  void symmetricHalfPixelsWithWholeSizes() {
    Peer.check(
        images(19)
            .floats("scales", new long[] {4}, 1, 1, 2, 3)
            .node(
                "Resize",
                "x,,scales",
                "y",
                attr("mode", "linear"),
                attr("coordinate_transformation_mode", "half_pixel_symmetric"))
            .output("y"));
  }

  @Test
  void oneAndThreeDimensions() {
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 2, 5)
            .floats("scales", new long[] {3}, 1, 1, 2.5f)
            .node("Resize", "x,,scales", "y", attr("mode", "linear"))
            .output("y"));
    Peer.check(
        ModelMaker.opset(13)
            .input("x", -1, 2, 3, 4, 3)
            .floats("scales", new long[] {5}, 1, 1, 2, 1.5f, 2)
            .node("Resize", "x,,scales", "y", attr("mode", "linear"))
            .output("y"));
  }

  @Test
  void whatIsNotSupportedIsNamed() {
    ModelMaker base = images(19).floats("scales", new long[] {4}, 1, 1, 2, 2.3f);
    assertFails(
        base.node("Resize", "x,,scales", "y", attr("mode", "cubic")).output("y"),
        "(Resize, opset 19)",
        "\"cubic\"");
    assertFails(
        images(19)
            .floats("scales", new long[] {4}, 1, 1, 2, 2)
            .node("Resize", "x,,scales", "y", attr("antialias", 1))
            .output("y"),
        "antialias");
    assertFails(
        images(19)
            .floats("scales", new long[] {4}, 1, 1, 2, 2)
            .node(
                "Resize",
                "x,,scales",
                "y",
                attr("coordinate_transformation_mode", "tf_crop_and_resize"))
            .output("y"),
        "tf_crop_and_resize");
    assertFails(
        images(19)
            .floats("scales", new long[] {4}, 1, 2, 2, 2)
            .node("Resize", "x,,scales", "y")
            .output("y"),
        "scale 2.0 at axis 1");
    assertFails(
        images(19).node("Resize", "x", "y").output("y"), "either scales or sizes must be given");
    assertFails(
        images(19).ints("sizes", 1, 2, 8, 8).node("Resize", "x,,,sizes", "y").output("y"),
        "size 1 at axis 0");
  }
}
