package io.striate.image;

import io.striate.StriateException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/**
 * Pixels of 8 bits: grey (1 channel) or RGB (3 channels, interleaved R G B), row by row from the
 * top, no padding.
 *
 * <p>An image is a view of a byte array from an offset; the array is shared with whoever made the
 * image and must not be changed while the image is in use.
 */
public final class Image {
  private final int width;
  private final int height;
  private final int channels;
  private final byte[] pixels;
  private final int offset;

  private Image(int width, int height, int channels, byte[] pixels, int offset) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.pixels = pixels;
    this.offset = offset;
  }

  /**
   * A view of {@code width·height·channels} bytes from {@code offset}.
   *
   * @throws IllegalArgumentException if a size is below 1, the channels are neither 1 nor 3, or the
   *     array is too short
   */
  public static Image of(int width, int height, int channels, byte[] pixels, int offset) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "an image of " + width + "x" + height + " pixels; both must be at least 1");
    }
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException(channels + " channels; an image has 1 (grey) or 3 (RGB)");
    }
    long needed = (long) width * height * channels;
    if (offset < 0 || needed > pixels.length - offset) {
      throw new IllegalArgumentException(
          width
              + "x"
              + height
              + " pixels of "
              + channels
              + " channels need "
              + needed
              + " bytes from offset "
              + offset
              + ", but the array has "
              + pixels.length);
    }
    return new Image(width, height, channels, pixels, offset);
  }

  /** A view of the whole array; see {@link #of(int, int, int, byte[], int)}. */
  public static Image of(int width, int height, int channels, byte[] pixels) {
    return of(width, height, channels, pixels, 0);
  }

  /** Decodes a file; see {@link ImageDecoder} for what is read and how. */
  public static Image read(Path path) throws IOException {
    return ImageDecoder.defaults().decode(path);
  }

  /** Pixels per row. */
  public int width() {
    return width;
  }

  /** Number of rows. */
  public int height() {
    return height;
  }

  /** 1 for grey, 3 for RGB. */
  public int channels() {
    return channels;
  }

  /** One value, 0 … 255. */
  public int get(int x, int y, int channel) {
    if (x < 0 || x >= width || y < 0 || y >= height || channel < 0 || channel >= channels) {
      throw new IllegalArgumentException(
          "(" + x + ", " + y + ", " + channel + ") is outside " + this);
    }
    return pixels[offset + (y * width + x) * channels + channel] & 0xff;
  }

  /** A copy of all pixels. */
  public byte[] toByteArray() {
    return Arrays.copyOfRange(pixels, offset, offset + width * height * channels);
  }

  byte[] array() {
    return pixels;
  }

  int offset() {
    return offset;
  }

  /** RGB: this, or every grey value three times. */
  public Image toRgb() {
    if (channels == 3) {
      return this;
    }
    byte[] out = new byte[Math.multiplyExact(3, width * height)];
    for (int i = 0; i < width * height; i++) {
      out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = pixels[offset + i];
    }
    return of(width, height, 3, out);
  }

  /**
   * Grey: this, or the luma 0.299 R + 0.587 G + 0.114 B of ITU-R 601 in 16-bit fixed point,
   * rounded, as Pillow has it.
   */
  public Image toGrey() {
    if (channels == 1) {
      return this;
    }
    byte[] out = new byte[width * height];
    for (int i = 0; i < out.length; i++) {
      out[i] = luma(pixels, offset + 3 * i);
    }
    return of(width, height, 1, out);
  }

  static byte luma(byte[] rgb, int at) {
    return (byte)
        (((rgb[at] & 0xff) * 19595
                + (rgb[at + 1] & 0xff) * 38470
                + (rgb[at + 2] & 0xff) * 7471
                + 0x8000)
            >> 16);
  }

  /** A copy of the rectangle whose upper left corner is (x, y). */
  public Image crop(int x, int y, int cropWidth, int cropHeight) {
    checkInside(x, y, cropWidth, cropHeight, width, height);
    byte[] out = new byte[cropWidth * cropHeight * channels];
    int row = cropWidth * channels;
    for (int r = 0; r < cropHeight; r++) {
      System.arraycopy(pixels, offset + ((y + r) * width + x) * channels, out, r * row, row);
    }
    return of(cropWidth, cropHeight, channels, out);
  }

  static void checkInside(int x, int y, int cropWidth, int cropHeight, int width, int height) {
    if (x < 0
        || y < 0
        || cropWidth < 1
        || cropHeight < 1
        || cropWidth > width - x
        || cropHeight > height - y) {
      throw new IllegalArgumentException(
          "the rectangle of "
              + cropWidth
              + "x"
              + cropHeight
              + " pixels at ("
              + x
              + ", "
              + y
              + ") does not lie inside an image of "
              + width
              + "x"
              + height);
    }
  }

  /** This image in another size; see {@link Resizer}. */
  public Image resize(int newWidth, int newHeight, Interpolation interpolation) {
    Resizer resizer = new Resizer(width, height, newWidth, newHeight, interpolation);
    return resizer.resize(this);
  }

  /** Writes a lossless PNG. */
  public void writePng(Path path) throws IOException {
    BufferedImage out =
        new BufferedImage(
            width,
            height,
            channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
          out.getRaster().setSample(x, y, c, get(x, y, c));
        }
      }
    }
    try (var stream = Files.newOutputStream(path)) {
      if (!ImageIO.write(out, "png", stream)) {
        throw new StriateException(
            "cannot write " + path + ": this Java runtime has no PNG writer");
      }
    }
  }

  @Override
  public String toString() {
    return width + "x" + height + (channels == 1 ? " grey" : " RGB") + " image";
  }
}
