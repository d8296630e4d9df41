package io.striate.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.io.TestData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
  @TempDir Path folder;

  @Test
  void decodesEveryKindAsPillowDoes() throws IOException {
    int compared = 0;
    for (String[] row : References.table("decoded.tsv")) {
      Image image = ImageDecoder.defaults().decode(row[0], References.bytes(row[0]));
      String what = row[0] + " " + image;
      assertEquals(Integer.parseInt(row[1]), image.width(), what);
      assertEquals(Integer.parseInt(row[2]), image.height(), what);
      assertEquals(Integer.parseInt(row[3]), image.channels(), what);
      byte[] expected = HexFormat.of().parseHex(row[4]);
      byte[] actual = image.toByteArray();
      int worst = 0;
      for (int i = 0; i < expected.length; i++) {
        worst = Math.max(worst, Math.abs((expected[i] & 0xff) - (actual[i] & 0xff)));
      }
      assertEquals(0, worst, what + ": largest difference");
      compared++;
    }
    assertEquals(31, compared);
  }

  @Test
  void orientationCanBeLeftAlone() throws IOException {
    byte[] upright =
        ImageDecoder.defaults().decode("1", References.bytes("exif-1.jpg")).toByteArray();
    for (int orientation = 1; orientation <= 8; orientation++) {
      byte[] file = References.bytes("exif-" + orientation + ".jpg");
      Image stored = ImageDecoder.defaults().withOrientation(false).decode("x", file);
      assertArrayEquals(upright, stored.toByteArray());
      Image turned = ImageDecoder.defaults().decode("x", file);
      assertEquals(orientation >= 5 ? 13 : 21, turned.width());
    }
  }

  @Test
  void fillBytesBeforeMarkersAndBytesBehindThePictureAreSkipped() throws IOException {
    byte[] file = References.bytes("jpeg-420.jpg");
    byte[] expected = ImageDecoder.defaults().decode("x", file).toByteArray();
    byte[] longer = new byte[file.length + 7];
    System.arraycopy(file, 0, longer, 0, 2);
    Arrays.fill(longer, 2, 5, (byte) 0xff);
    System.arraycopy(file, 2, longer, 5, file.length - 2);
    assertArrayEquals(expected, ImageDecoder.defaults().decode("x", longer).toByteArray());
  }

  @Test
  void limitsAreCheckedBeforeDecoding() throws IOException {
    ImageDecoder small = ImageDecoder.defaults().withMaxPixels(21 * 13 - 1);
    for (String name :
        new String[] {"jpeg-420.jpg", "png-rgb.png", "gif-palette.gif", "bmp-rgb.bmp"}) {
      byte[] file = References.bytes(name);
      String message =
          assertThrows(StriateException.class, () -> small.decode(name, file)).getMessage();
      assertTrue(
          message.contains("21x13") && message.contains("maxPixels") && message.contains(name),
          message);
    }
    Path path = Files.write(folder.resolve("a.png"), References.bytes("png-rgb.png"));
    ImageDecoder tiny = new ImageDecoder(100, 1000, true);
    assertTrue(
        assertThrows(StriateException.class, () -> tiny.decode(path))
            .getMessage()
            .contains("100 bytes"));
    assertThrows(IllegalArgumentException.class, () -> new ImageDecoder(0, 1, true));
    assertThrows(IllegalArgumentException.class, () -> new ImageDecoder(1, 0, true));
  }

  @Test
  void aPngThatClaimsToBeHugeIsRefused() throws IOException {
    byte[] file = References.bytes("png-rgb.png");
    ByteBuffer.wrap(file).putInt(16, 60_000).putInt(20, 60_000);
    CRC32 crc = new CRC32();
    crc.update(file, 12, 17);
    ByteBuffer.wrap(file).putInt(29, (int) crc.getValue());
    String message =
        assertThrows(StriateException.class, () -> ImageDecoder.defaults().decode("bomb.png", file))
            .getMessage();
    assertTrue(message.contains("60000x60000"), message);
  }

  @Test
  void otherFilesAreNamed() {
    for (Map.Entry<String, byte[]> each :
        Map.of("empty", new byte[0], "not JPEG", new byte[] {'R', 'I', 'F', 'F', 0, 0})
            .entrySet()) {
      String message =
          assertThrows(
                  StriateException.class,
                  () -> ImageDecoder.defaults().decode("x.webp", each.getValue()))
              .getMessage();
      assertTrue(message.contains(each.getKey()) && message.contains("x.webp"), message);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jpeg-420.jpg",
        "jpeg-progressive.jpg",
        "jpeg-cmyk.jpg",
        "exif-6.jpg",
        "png-rgb.png",
        "png-palette.png",
        "gif-palette.gif",
        "bmp-rgb.bmp",
        "bmp-palette.bmp"
      })
  void damagedFilesAreAnErrorOrAPicture(String name) throws IOException {
    byte[] file = References.bytes(name);
    ImageDecoder decoder = ImageDecoder.defaults().withMaxPixels(1 << 20);
    int refusedPrefixes = 0;
    for (int length = 0; length < file.length; length++) {
      byte[] prefix = Arrays.copyOf(file, length);
      refusedPrefixes += decodes(decoder, prefix) ? 0 : 1;
    }
    if (name.endsWith("jpg")) {
      assertEquals(file.length, refusedPrefixes, "every prefix of a JPEG is refused");
    } else {
      assertTrue(refusedPrefixes > file.length / 2, refusedPrefixes + " of " + file.length);
    }
    for (int at = 0; at < file.length; at++) {
      for (int flip : new int[] {0x01, 0x80, 0xff}) {
        byte[] changed = file.clone();
        changed[at] ^= (byte) flip;
        decodes(decoder, changed);
      }
    }
  }

  /** Whether it decodes; anything but a StriateException fails the test. */
  private static boolean decodes(ImageDecoder decoder, byte[] file) {
    try {
      Image image = decoder.decode("fuzz", file);
      assertTrue(image.width() * image.height() <= 1 << 20);
      return true;
    } catch (StriateException e) {
      assertTrue(e.getMessage().startsWith("cannot decode fuzz: "), e.getMessage());
      return false;
    }
  }

  @Test
  void photographsHaveTheirStatedSizes() throws IOException {
    Path images = TestData.require("data/images");
    for (String line : Files.readAllLines(images.resolve("images.tsv")).subList(1, 22)) {
      String[] columns = line.split("\t", -1);
      Image image = Image.read(images.resolve(columns[0]));
      assertEquals(columns[2], image.width() + "x" + image.height(), columns[0]);
      assertEquals(3, image.channels());
    }
  }
}
