package io.striate.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class ResizerTest {
  @Test
  void equalsPillowBitForBit() throws IOException {
    int compared = 0;
    for (String[] row : References.table("resize.tsv")) {
      int width = Integer.parseInt(row[0]);
      int height = Integer.parseInt(row[1]);
      int channels = Integer.parseInt(row[4]);
      Image image = Image.of(width, height, channels, References.pixels(width * height * channels));
      Image resized =
          image.resize(
              Integer.parseInt(row[2]), Integer.parseInt(row[3]), Interpolation.of(row[5]));
      CRC32 crc = new CRC32();
      crc.update(resized.toByteArray());
      assertEquals(row[6], String.format("%08x", crc.getValue()), String.join(" ", row));
      compared++;
    }
    assertEquals(18 * 2 * 6, compared);
  }

  @Test
  void windowsEqualCropsOfTheWhole() {
    Random random = new Random(3);
    List<Interpolation> all = List.of(Interpolation.values());
    byte[] pixels = References.pixels(60 * 60 * 3 + 100);
    for (int n = 0; n < 400; n++) {
      int width = 1 + random.nextInt(60);
      int height = 1 + random.nextInt(60);
      int toWidth = random.nextInt(4) == 0 ? width : 1 + random.nextInt(70);
      int toHeight = random.nextInt(4) == 0 ? height : 1 + random.nextInt(70);
      int x = random.nextInt(toWidth);
      int y = random.nextInt(toHeight);
      int cropWidth = random.nextInt(4) == 0 ? toWidth - x : 1 + random.nextInt(toWidth - x);
      int cropHeight = 1 + random.nextInt(toHeight - y);
      Interpolation how = all.get(random.nextInt(all.size()));
      Image image = Image.of(width, height, 1 + 2 * random.nextInt(2), pixels, random.nextInt(100));
      Image whole = image.resize(toWidth, toHeight, how).crop(x, y, cropWidth, cropHeight);
      Resizer window =
          new Resizer(width, height, toWidth, toHeight, how, x, y, cropWidth, cropHeight);
      String what =
          image + " to " + toWidth + "x" + toHeight + " at " + x + "," + y + " " + whole + " "
              + how;
      assertArrayEquals(whole.toByteArray(), window.resize(image).toByteArray(), what);
      assertArrayEquals(whole.toByteArray(), window.resize(image).toByteArray(), what + ", again");
    }
  }
}
