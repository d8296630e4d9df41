package io.striate.image;

import io.striate.StriateException;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes JPEG, PNG, GIF (first picture) and BMP files with the JDK's own readers, whatever other
 * plug-ins are there.
 *
 * <ul>
 *   <li>JPEG: grey, YCbCr, RGB, CMYK and YCCK, baseline and progressive, 8 bits. Colour conversion
 *       is libjpeg's. A file that ends early is an error, not a picture with a grey end.
 *   <li>The Exif orientation of a JPEG is applied, so a portrait from a telephone stands upright;
 *       {@link #withOrientation withOrientation(false)} gives the stored pixels, which is what
 *       Pillow and torchvision see.
 *   <li>Palettes are resolved; 16-bit samples keep their high byte; 1, 2 and 4-bit grey is spread
 *       to 0 … 255.
 *   <li>Transparency is dropped, not blended, and colour profiles are ignored, as Pillow's {@code
 *       convert("RGB")} does.
 *   <li>Grey files give grey images; {@link Image#toRgb} makes them RGB.
 * </ul>
 *
 * @param maxFileBytes larger files are refused unread
 * @param maxPixels pictures with more pixels are refused before anything is allocated for them
 * @param orient whether the Exif orientation is applied
 */
public record ImageDecoder(long maxFileBytes, long maxPixels, boolean orient) {
  private static final ImageDecoder DEFAULTS = new ImageDecoder(256L << 20, 100_000_000, true);

  /** Checks the limits. */
  public ImageDecoder {
    if (maxFileBytes < 1 || maxFileBytes > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "file limit of " + maxFileBytes + " bytes; choose 1 to 2147483639");
    }
    if (maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4) {
      throw new IllegalArgumentException(
          "limit of " + maxPixels + " pixels; choose 1 to " + Integer.MAX_VALUE / 4);
    }
  }

  /** Files up to 256 MiB and 100 million pixels, orientation applied. */
  public static ImageDecoder defaults() {
    return DEFAULTS;
  }

  /** The same with another limit of pixels. */
  public ImageDecoder withMaxPixels(long pixels) {
    return new ImageDecoder(maxFileBytes, pixels, orient);
  }

  /** The same with the Exif orientation applied or not. */
  public ImageDecoder withOrientation(boolean apply) {
    return new ImageDecoder(maxFileBytes, maxPixels, apply);
  }

  /**
   * Decodes a file.
   *
   * @throws IOException if it cannot be read
   * @throws StriateException if it is no picture, damaged, of an unknown kind or above the limits
   */
  public Image decode(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes((int) maxFileBytes + 1);
      if (bytes.length > maxFileBytes) {
        throw new StriateException(
            path + " is larger than the limit of " + maxFileBytes + " bytes; raise maxFileBytes");
      }
      return decode(path.toString(), bytes);
    }
  }

  /** Decodes a file in memory; {@code source} names it in error messages. */
  public Image decode(String source, byte[] bytes) {
    try {
      String format = format(bytes);
      if (format.equals("jpeg")) {
        return decodeJpeg(bytes);
      }
      return withReader(
          format,
          bytes,
          reader -> {
            checkSize(reader.getWidth(0), reader.getHeight(0));
            return toImage(reader.read(0));
          });
    } catch (IOException | RuntimeException e) {
      // The JDK's readers answer damaged files with whatever exception their code happens to run
      // into.
      throw new StriateException(
          "cannot decode " + source + ": " + (e.getMessage() == null ? e : e.getMessage()), e);
    }
  }

  private Image decodeJpeg(byte[] bytes) throws IOException {
    JpegHeader header = JpegHeader.parse(bytes);
    checkSize(header.width(), header.height());
    Image image =
        withReader(
            "jpeg",
            bytes,
            reader -> {
              Raster raster = reader.readRaster(0, null);
              if (raster.getNumBands() != header.encoding().components) {
                throw new IllegalArgumentException(
                    "its frame and its scans disagree: it is damaged");
              }
              return JpegColours.toImage(raster, header);
            });
    return orient ? Orientation.apply(image, header.orientation()) : image;
  }

  private void checkSize(int width, int height) {
    if ((long) width * height > maxPixels) {
      throw new IllegalArgumentException(
          "it has "
              + width
              + "x"
              + height
              + " pixels, above the limit of "
              + maxPixels
              + "; raise maxPixels");
    }
  }

  private static String format(byte[] bytes) {
    if (startsWith(bytes, 0xff, 0xd8, 0xff)) {
      return "jpeg";
    } else if (startsWith(bytes, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')) {
      return "png";
    } else if (startsWith(bytes, 'G', 'I', 'F', '8')) {
      return "gif";
    } else if (startsWith(bytes, 'B', 'M')) {
      return "bmp";
    }
    throw new IllegalArgumentException(
        bytes.length == 0
            ? "it is empty"
            : "it is not JPEG, PNG, GIF or BMP ("
                + bytes.length
                + " bytes); convert it to one of these");
  }

  private static boolean startsWith(byte[] bytes, int... signature) {
    if (bytes.length < signature.length) {
      return false;
    }
    for (int i = 0; i < signature.length; i++) {
      if ((bytes[i] & 0xff) != signature[i]) {
        return false;
      }
    }
    return true;
  }

  @FunctionalInterface
  private interface Use {
    Image with(ImageReader reader) throws IOException;
  }

  private static Image withReader(String format, byte[] bytes, Use use) throws IOException {
    ImageReader reader = jdkReader(format);
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true);
      return use.with(reader);
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader jdkReader(String format) {
    for (Iterator<ImageReader> all = ImageIO.getImageReadersByFormatName(format); all.hasNext(); ) {
      ImageReader reader = all.next();
      if (reader.getClass().getModule() == ImageIO.class.getModule()) {
        return reader;
      }
      reader.dispose();
    }
    throw new IllegalStateException(
        "this Java runtime has no reader for " + format.toUpperCase(Locale.ROOT));
  }

  private static Image toImage(BufferedImage image) {
    ColorModel model = image.getColorModel();
    if (model instanceof IndexColorModel palette) {
      return fromPalette(image.getRaster(), palette);
    } else if (model instanceof DirectColorModel) {
      return fromPacked(image);
    }
    return fromSamples(image.getRaster());
  }

  private static Image fromPalette(Raster raster, IndexColorModel palette) {
    int[] colours = new int[palette.getMapSize()];
    palette.getRGBs(colours);
    boolean grey = true;
    for (int c : colours) {
      grey &= (c >> 16 & 0xff) == (c & 0xff) && (c >> 8 & 0xff) == (c & 0xff);
    }
    int channels = grey ? 1 : 3;
    int width = raster.getWidth();
    byte[] out = new byte[Math.multiplyExact(channels, width * raster.getHeight())];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int index : row) {
        if (index >= colours.length) {
          throw new IllegalArgumentException(
              "a pixel has colour "
                  + index
                  + " of a palette of "
                  + colours.length
                  + ": it is damaged");
        }
        at = put(out, at, colours[index], channels);
      }
    }
    return Image.of(width, raster.getHeight(), channels, out);
  }

  private static Image fromPacked(BufferedImage image) {
    int width = image.getWidth();
    byte[] out = new byte[Math.multiplyExact(3, width * image.getHeight())];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int colour : row) {
        at = put(out, at, colour, 3);
      }
    }
    return Image.of(width, image.getHeight(), 3, out);
  }

  private static int put(byte[] out, int at, int colour, int channels) {
    if (channels == 3) {
      out[at++] = (byte) (colour >> 16);
      out[at++] = (byte) (colour >> 8);
    }
    out[at++] = (byte) colour;
    return at;
  }

  /** One band per channel, with or without alpha behind them. */
  private static Image fromSamples(Raster raster) {
    int bands = raster.getNumBands();
    int bits = raster.getSampleModel().getSampleSize(0);
    if (bands > 4 || (bits != 8 && bits != 16)) {
      throw new IllegalArgumentException(
          "it has " + bands + " channels of " + bits + " bits; convert it first");
    }
    int channels = bands < 3 ? 1 : 3;
    int width = raster.getWidth();
    byte[] out = new byte[Math.multiplyExact(channels, width * raster.getHeight())];
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int i = 0; i < row.length; i += bands) {
        for (int c = 0; c < channels; c++) {
          out[at++] = (byte) (row[i + c] >> (bits - 8));
        }
      }
    }
    return Image.of(width, raster.getHeight(), channels, out);
  }
}
