package io.striate.image;

import java.awt.image.Raster;

/**
 * From decoded JPEG components to grey or RGB, in libjpeg's 16-bit fixed point, so that the result
 * is that of libjpeg: {@code R = Y + 1.402 Cr', G = Y - 0.34414 Cb' - 0.71414 Cr', B = Y + 1.772
 * Cb'} with {@code Cb' = Cb - 128}.
 *
 * <p>Four components are taken as Adobe writes them, inverted (0 is full ink), and become {@code R
 * = K·(255 - C)…} as in Pillow. Colour profiles are ignored.
 *
 * <p>The JDK repeats the rows of components stored at half height and full width; libjpeg-turbo
 * blends each with its neighbour, 3 : 1, and so does this.
 */
final class JpegColours {
  private static final int BITS = 16;
  private static final int HALF = 1 << (BITS - 1);

  private JpegColours() {}

  static Image toImage(Raster raster, JpegHeader header) {
    JpegHeader.Encoding encoding = header.encoding();
    int width = raster.getWidth();
    int height = raster.getHeight();
    int channels = encoding == JpegHeader.Encoding.GREY ? 1 : 3;
    int bands = encoding.components;
    byte[] out = new byte[Math.multiplyExact(channels, Math.multiplyExact(width, height))];
    int[] row = new int[width * bands];
    int[] neighbour = header.halfHeight() == 0 ? new int[0] : new int[row.length];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      if (neighbour.length > 0) {
        int stored = Math.clamp(y % 2 == 0 ? y / 2 - 1 : y / 2 + 1, 0, (height - 1) / 2);
        raster.getPixels(raster.getMinX(), raster.getMinY() + 2 * stored, width, 1, neighbour);
        blend(row, neighbour, bands, header.halfHeight(), y % 2 == 0 ? 1 : 2);
      }
      for (int i = 0; i < row.length; i += bands) {
        if (encoding == JpegHeader.Encoding.YCC || encoding == JpegHeader.Encoding.YCCK) {
          yccToRgb(row, i);
        }
        if (bands == 4) {
          ink(row, i, encoding == JpegHeader.Encoding.YCCK);
        }
        for (int c = 0; c < channels; c++) {
          out[at++] = (byte) row[i + c];
        }
      }
    }
    return Image.of(width, height, channels, out);
  }

  private static void blend(int[] row, int[] neighbour, int bands, int components, int bias) {
    for (int i = 0; i < row.length; i++) {
      if ((components >> (i % bands) & 1) != 0) {
        row[i] = (3 * row[i] + neighbour[i] + bias) >> 2;
      }
    }
  }

  private static void yccToRgb(int[] row, int i) {
    int y = row[i];
    int cb = row[i + 1] - 128;
    int cr = row[i + 2] - 128;
    row[i] = clip(y + ((fixed(1.40200) * cr + HALF) >> BITS));
    row[i + 1] = clip(y + ((-fixed(0.34414) * cb - fixed(0.71414) * cr + HALF) >> BITS));
    row[i + 2] = clip(y + ((fixed(1.77200) * cb + HALF) >> BITS));
  }

  /**
   * YCCK stores the complement of CMY as YCC, so its first three values are 255 - C, 255 - M, 255 -
   * Y here.
   */
  private static void ink(int[] row, int i, boolean complemented) {
    int k = row[i + 3];
    for (int c = 0; c < 3; c++) {
      int stored = complemented ? 255 - row[i + c] : row[i + c];
      row[i + c] = clip(k - dividedBy255((255 - stored) * k));
    }
  }

  /** x / 255, rounded. */
  private static int dividedBy255(int x) {
    int t = x + 128;
    return ((t >> 8) + t) >> 8;
  }

  private static int fixed(double x) {
    return (int) (x * (1 << BITS) + 0.5);
  }

  private static int clip(int x) {
    return Math.clamp(x, 0, 255);
  }
}
