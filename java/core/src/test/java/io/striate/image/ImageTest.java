package io.striate.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTest {
  @TempDir Path folder;

  @Test
  void viewsShareTheArrayAndCropsCopy() {
    byte[] pixels = References.pixels(5 + 4 * 3 * 3);
    Image image = Image.of(4, 3, 3, pixels, 5);
    assertEquals(pixels[5 + (2 * 4 + 1) * 3 + 2] & 0xff, image.get(1, 2, 2));
    Image crop = image.crop(1, 1, 2, 2);
    assertEquals(image.get(2, 2, 1), crop.get(1, 1, 1));
    pixels[5]++;
    assertEquals(pixels[5] & 0xff, image.get(0, 0, 0));
    assertSame(image, image.toRgb());
  }

  @Test
  void greyAndRgb() {
    Image white = Image.of(1, 1, 3, new byte[] {-1, -1, -1});
    assertEquals(255, white.toGrey().get(0, 0, 0));
    Image colour = Image.of(1, 1, 3, new byte[] {(byte) 200, 100, 50});
    assertEquals(124, colour.toGrey().get(0, 0, 0));
    assertArrayEquals(
        new byte[] {7, 7, 7}, Image.of(1, 1, 1, new byte[] {7}).toRgb().toByteArray());
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertMessage("0x3", () -> Image.of(0, 3, 1, new byte[3]));
    assertMessage("2 channels", () -> Image.of(1, 1, 2, new byte[3]));
    assertMessage("12 bytes", () -> Image.of(2, 2, 3, new byte[11]));
    assertMessage("12 bytes", () -> Image.of(2, 2, 3, new byte[13], 2));
    assertMessage("bytes", () -> Image.of(1 << 20, 1 << 20, 3, new byte[13]));
    Image image = Image.of(2, 2, 3, new byte[12]);
    assertMessage("(2, 0, 0)", () -> image.get(2, 0, 0));
    assertMessage("2x1", () -> image.crop(1, 0, 2, 1));
    assertMessage("0x1", () -> image.resize(0, 1, Interpolation.BOX));
    assertMessage("limit", () -> image.resize(1, 2_000_000, Interpolation.BOX));
    assertMessage("2 GiB", () -> image.resize(60_000, 60_000, Interpolation.BOX));
    assertMessage("bicubic", () -> Interpolation.of("cubic"));
    assertEquals(Interpolation.BICUBIC, Interpolation.of("bicubic"));
  }

  private static void assertMessage(
      String expected, org.junit.jupiter.api.function.Executable code) {
    String message = assertThrows(IllegalArgumentException.class, code).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void pngRoundTrips() throws IOException {
    for (int channels : new int[] {1, 3}) {
      Image image = Image.of(9, 4, channels, References.pixels(36 * channels));
      image.writePng(folder.resolve("a.png"));
      Image back = Image.read(folder.resolve("a.png"));
      assertEquals(channels, back.channels());
      assertArrayEquals(image.toByteArray(), back.toByteArray());
    }
  }
}
