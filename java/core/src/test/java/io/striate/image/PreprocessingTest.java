package io.striate.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.image.Preprocessing.Channels;
import io.striate.image.Preprocessing.Resize;
import io.striate.image.Preprocessing.Size;
import io.striate.io.TestData;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class PreprocessingTest {
  private static Tensor batch(Shape shape) {
    return Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape));
  }

  /**
   * The stored crops were made with the longer side rounded to nearest and the crop's corner
   * rounded down; torchvision and Preprocessing round the longer side down and the corner to even,
   * which moves 4 of the 21 crops by a pixel.
   */
  @Test
  void photographsEqualTheStoredCropsBitForBit() throws IOException {
    Path images = TestData.require("data/images");
    Preprocessor preprocessor = Preprocessing.imagenet().newPreprocessor();
    Preprocessor normalise =
        Preprocessing.imagenet().withResize(new Resize.None()).newPreprocessor();
    Tensor whole = batch(Preprocessing.imagenet().inputShape(1));
    Tensor stored = batch(Preprocessing.imagenet().inputShape(1));
    int files = 0;
    int sameByTorchvision = 0;
    try (Stream<Path> crops = Files.list(images.resolve("crop224"))) {
      for (Path crop : crops.sorted().toList()) {
        String name = crop.getFileName().toString().replace(".png", ".jpg");
        Image expected = Image.read(crop);
        Image image = Image.read(images.resolve(name));
        double scale = 256.0 / Math.min(image.width(), image.height());
        int width = (int) Math.rint(image.width() * scale);
        int height = (int) Math.rint(image.height() * scale);
        Image actual =
            image
                .resize(width, height, Interpolation.BILINEAR)
                .crop((width - 224) / 2, (height - 224) / 2, 224, 224);
        assertArrayEquals(expected.toByteArray(), actual.toByteArray(), name);
        preprocessor.apply(image, whole, 0);
        normalise.apply(expected, stored, 0);
        sameByTorchvision += Arrays.equals(whole.toArray(), stored.toArray()) ? 1 : 0;
        files++;
      }
    }
    assertEquals(21, files);
    assertEquals(17, sameByTorchvision);
  }

  @Test
  void normalisesAsStated() {
    byte[] pixels = References.pixels(2 * 3 * 3);
    Image image = Image.of(2, 3, 3, pixels);
    Preprocessing how =
        new Preprocessing(
            new Resize.None(),
            Interpolation.BOX,
            Optional.empty(),
            Channels.BGR,
            0.5,
            List.of(1.0, 2.0, 3.0),
            List.of(2.0, 4.0, -8.0));
    Shape shape = Shape.of(2, 3, 3, 2);
    Tensor rowMajor = batch(shape);
    Tensor channelsLast =
        Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape, Layout.channelsLast(shape, 5)));
    for (Tensor batch : List.of(rowMajor, channelsLast)) {
      how.newPreprocessor().apply(image, batch, 1);
      for (int c = 0; c < 3; c++) {
        for (int y = 0; y < 3; y++) {
          for (int x = 0; x < 2; x++) {
            double expected = (image.get(x, y, 2 - c) * 0.5 - how.mean().get(c)) / how.std().get(c);
            assertEquals((float) expected, batch.get(1, c, y, x));
            assertEquals(0, batch.get(0, c, y, x), "the other picture is untouched");
          }
        }
      }
    }
  }

  @Test
  void greyAndColourConvertBeforeTheResize() {
    Image colour = Image.of(40, 30, 3, References.pixels(40 * 30 * 3));
    Tensor input = batch(Preprocessing.mnist().inputShape(1));
    Preprocessing.mnist().newPreprocessor().apply(colour, input, 0);
    Image expected = colour.toGrey().resize(28, 28, Interpolation.BILINEAR);
    Tensor rgb = batch(Preprocessing.cifar10().inputShape(1));
    Preprocessing.cifar10().newPreprocessor().apply(colour.toGrey(), rgb, 0);
    Image expectedRgb = colour.toGrey().resize(32, 32, Interpolation.BILINEAR);
    for (int y = 0; y < 28; y++) {
      for (int x = 0; x < 28; x++) {
        assertEquals(expected.get(x, y, 0) / 256f, input.get(0, 0, y, x));
        assertEquals(
            (float) ((expectedRgb.get(x, y, 0) / 255.0 - 0.406) / 0.225),
            rgb.get(0, 2, y, x),
            1e-6f);
      }
    }
  }

  @Test
  void sizesFollowTorchvision() {
    Resize resize = new Resize.ShorterSide(256);
    assertEquals(new Size(365, 256), resize.apply(new Size(376, 263)), "365.996 is rounded down");
    assertEquals(new Size(256, 341), resize.apply(new Size(375, 500)));
    assertEquals(new Size(256, 256), resize.apply(new Size(7, 7)));
    assertEquals(new Size(1, 3), new Resize.ShorterSide(1).apply(new Size(100, 399)));
    assertEquals(Shape.of(4, 3, 224, 224), Preprocessing.imagenet().inputShape(4));
    assertEquals(Shape.of(1, 1, 28, 28), Preprocessing.mnist().inputShape(1));
    assertEquals(
        new Size(341, 256),
        Preprocessing.imagenet().withCrop(Optional.empty()).outputSize(new Size(500, 375)));
  }

  @Test
  void cropsAreCentredHalfToEven() {
    for (int width = 5; width <= 12; width++) {
      byte[] pixels = new byte[width * 5];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) (i % width);
      }
      Preprocessing how =
          new Preprocessing(
              new Resize.None(),
              Interpolation.BOX,
              Optional.of(new Size(5, 5)),
              Channels.GREY,
              1,
              List.of(0.0),
              List.of(1.0));
      Tensor input = batch(how.inputShape(1));
      how.newPreprocessor().apply(Image.of(width, 5, 1, pixels), input, 0);
      int[] begins = {0, 0, 1, 2, 2, 2, 3, 4};
      assertEquals(begins[width - 5], input.get(0, 0, 0, 0), "width " + width);
    }
  }

  @Test
  void allocatesNothingForPicturesOfOneSize() {
    Image image = Image.of(300, 280, 3, References.pixels(300 * 280 * 3));
    Tensor input = batch(Preprocessing.imagenet().inputShape(1));
    Preprocessor preprocessor = Preprocessing.imagenet().newPreprocessor();
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().threadId();
    for (int i = 0; i < 20; i++) {
      preprocessor.apply(image, input, 0);
    }
    long before = threads.getThreadAllocatedBytes(id);
    for (int i = 0; i < 10; i++) {
      preprocessor.apply(image, input, 0);
    }
    long each = (threads.getThreadAllocatedBytes(id) - before) / 10;
    assertTrue(each < 1024, each + " bytes per picture; the picture alone has 252000");
  }

  @Test
  void travelsAsMetadata() {
    Preprocessing odd =
        new Preprocessing(
            new Resize.ShorterSide(299),
            Interpolation.BICUBIC,
            Optional.of(new Size(299, 288)),
            Channels.BGR,
            1,
            List.of(103.939, 116.779, 123.68),
            List.of(1.0, 1.0, 1 / 3.0));
    Preprocessing none = odd.withResize(new Resize.None()).withCrop(Optional.empty());
    for (Preprocessing each :
        List.of(
            odd, none, Preprocessing.imagenet(), Preprocessing.cifar10(), Preprocessing.mnist())) {
      Map<String, String> map = new HashMap<>(each.toMap());
      map.put("author", "somebody");
      assertEquals(Optional.of(each), Preprocessing.fromMap(map));
      for (String key : each.toMap().keySet()) {
        Map<String, String> less = new HashMap<>(map);
        less.remove(key);
        assertMessage(key, () -> Preprocessing.fromMap(less));
        less.put(key, "nonsense");
        assertMessage("nonsense", () -> Preprocessing.fromMap(less));
      }
      map.put("striate.preprocessing.shear", "1");
      assertMessage("striate.preprocessing.shear", () -> Preprocessing.fromMap(map));
    }
    assertEquals(Optional.empty(), Preprocessing.fromMap(Map.of("author", "somebody")));
    assertEquals(
        "shorter:256", Preprocessing.imagenet().toMap().get("striate.preprocessing.resize"));
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertMessage("imagenett", () -> Preprocessing.preset("imagenett"));
    assertEquals(Preprocessing.mnist(), Preprocessing.preset("MNIST"));
    List<Double> one = List.of(1.0);
    assertMessage("3 values", () -> Preprocessing.imagenet().withNormalisation(1, one, one));
    List<Double> zero = List.of(0.0);
    assertMessage("other than 0", () -> Preprocessing.mnist().withNormalisation(1, one, zero));
    assertMessage("finite", () -> Preprocessing.mnist().withNormalisation(Double.NaN, one, one));
    assertMessage("1,x", () -> Preprocessing.numbers("1,x"));
    assertMessage("0x4", () -> Size.of("0x4"));
    assertMessage("4x4x4", () -> Size.of("4x4x4"));
    assertMessage(
        "any size", () -> Preprocessing.imagenet().withCrop(Optional.empty()).inputShape(1));
    Image image = Image.of(20, 10, 1, new byte[200]);
    Preprocessor crops =
        Preprocessing.mnist()
            .withResize(new Resize.None())
            .withCrop(Optional.of(new Size(12, 12)))
            .newPreprocessor();
    assertMessage("12x12", () -> crops.apply(image, batch(Shape.of(1, 1, 12, 12)), 0));
    Preprocessor mnist = Preprocessing.mnist().newPreprocessor();
    assertMessage("1x28x28", () -> mnist.apply(image, batch(Shape.of(1, 3, 28, 28)), 0));
    assertMessage("index 1", () -> mnist.apply(image, batch(Shape.of(1, 1, 28, 28)), 1));
  }

  private static void assertMessage(String expected, Executable code) {
    String message = assertThrows(IllegalArgumentException.class, code).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
