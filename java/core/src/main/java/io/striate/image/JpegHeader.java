package io.striate.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What must be known of a JPEG stream before it is decoded: its size, how its components encode
 * colour, which way up it is, and whether it is complete.
 *
 * <p>Source: ITU-T T.81 annex B (markers), JFIF 1.02, Adobe technical note 5116, Exif 2.3 (tag
 * 0x0112). The choice of the colour encoding follows libjpeg's {@code default_decompress_parms}.
 *
 * @param halfHeight a bit for every component stored at full width and half height (4:4:0)
 * @param orientation Exif tag 0x0112, 1 to 8
 */
record JpegHeader(int width, int height, Encoding encoding, int halfHeight, int orientation) {
  /** What the components mean. */
  enum Encoding {
    GREY(1),
    RGB(3),
    YCC(3),
    CMYK(4),
    YCCK(4);

    final int components;

    Encoding(int components) {
      this.components = components;
    }
  }

  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;
  private static final int ORIENTATION_TAG = 0x0112;
  private static final int TYPE_SHORT = 3;
  private static final int NO_ADOBE = -1;

  /**
   * Walks all markers to the end of the image; anything unexpected is an {@link
   * IllegalArgumentException}.
   */
  static JpegHeader parse(byte[] file) {
    return new Walk(file).run();
  }

  private static final class Walk {
    private final ByteBuffer file;
    private int width;
    private int height;
    private byte[] ids = {};
    private byte[] sampling = {};
    private boolean jfif;
    private int adobe = NO_ADOBE;
    private int orientation = 1;

    Walk(byte[] bytes) {
      file = ByteBuffer.wrap(bytes);
    }

    JpegHeader run() {
      int at = 2;
      boolean scanned = false;
      while (true) {
        at = skipFill(at);
        int marker = marker(at, scanned);
        at += 2;
        if (marker == EOI) {
          break;
        } else if (marker == SOI || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
          continue;
        }
        int length = at + 2 <= file.limit() ? file.getShort(at) & 0xffff : 0;
        if (length < 2 || at + length > file.limit()) {
          throw new IllegalArgumentException(
              "it ends inside a segment at byte " + at + ": copy it again");
        }
        segment(marker, at + 2, length - 2);
        at += length;
        if (marker == SOS) {
          scanned = true;
          at = skipScan(at);
        }
      }
      if (!scanned || width == 0) {
        throw new IllegalArgumentException("it holds no picture");
      }
      return new JpegHeader(width, height, encoding(), halfHeight(), orientation);
    }

    /** Any number of 0xff may stand before a marker. */
    private int skipFill(int at) {
      while (at + 1 < file.limit()
          && file.get(at) == (byte) 0xff
          && file.get(at + 1) == (byte) 0xff) {
        at++;
      }
      return at;
    }

    private int marker(int at, boolean scanned) {
      if (at + 1 >= file.limit()) {
        throw new IllegalArgumentException(
            "it ends "
                + (scanned ? "before the end of the picture" : "inside its header")
                + ": copy it again");
      }
      if ((file.get(at) & 0xff) != 0xff) {
        throw new IllegalArgumentException("there is no marker at byte " + at + ": it is damaged");
      }
      return file.get(at + 1) & 0xff;
    }

    /** The position of the next marker that ends the entropy-coded data. */
    private int skipScan(int at) {
      while (at + 1 < file.limit()) {
        if (file.get(at) == (byte) 0xff) {
          int next = file.get(at + 1) & 0xff;
          if (next == 0xff) {
            at++;
            continue;
          }
          if (next != 0 && (next < 0xd0 || next > 0xd7)) {
            return at;
          }
          at++;
        }
        at++;
      }
      return at;
    }

    private void segment(int marker, int at, int length) {
      if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
        frame(marker, at, length);
      } else if (marker == APP0 && length >= 14 && startsWith(at, "JFIF\0")) {
        jfif = true;
      } else if (marker == APP14 && length >= 12 && startsWith(at, "Adobe")) {
        adobe = file.get(at + 11) & 0xff;
      } else if (marker == APP1 && length >= 14 && startsWith(at, "Exif\0\0")) {
        orientation = orientation(file.slice(at + 6, length - 6));
      }
    }

    private boolean startsWith(int at, String text) {
      byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < wanted.length; i++) {
        if (file.get(at + i) != wanted[i]) {
          return false;
        }
      }
      return true;
    }

    private void frame(int marker, int at, int length) {
      if (marker > 0xc2) {
        throw new IllegalArgumentException(
            String.format(
                "its frame type 0x%02x (lossless, hierarchical or arithmetic) is not decoded; save"
                    + " it as baseline",
                marker));
      }
      if (ids.length > 0) {
        throw new IllegalArgumentException("it has two frames: it is damaged");
      }
      int components = length >= 6 ? file.get(at + 5) & 0xff : 0;
      if (components == 0 || length != 6 + 3 * components) {
        throw new IllegalArgumentException("its frame header is damaged");
      }
      if (file.get(at) != 8) {
        throw new IllegalArgumentException(
            "it has " + file.get(at) + " bits per sample; 8 are decoded, convert it first");
      }
      height = file.getShort(at + 1) & 0xffff;
      width = file.getShort(at + 3) & 0xffff;
      if (width == 0 || height == 0) {
        throw new IllegalArgumentException(
            "its size is " + width + "x" + height + ": it is damaged");
      }
      ids = new byte[components];
      sampling = new byte[components];
      for (int i = 0; i < components; i++) {
        ids[i] = file.get(at + 6 + 3 * i);
        sampling[i] = file.get(at + 7 + 3 * i);
      }
    }

    private int halfHeight() {
      int maxH = 0;
      int maxV = 0;
      for (byte each : sampling) {
        maxH = Math.max(maxH, each >> 4 & 15);
        maxV = Math.max(maxV, each & 15);
      }
      int mask = 0;
      for (int i = 0; i < sampling.length; i++) {
        if ((sampling[i] >> 4 & 15) == maxH && (sampling[i] & 15) * 2 == maxV) {
          mask |= 1 << i;
        }
      }
      return mask;
    }

    private Encoding encoding() {
      return switch (ids.length) {
        case 1 -> Encoding.GREY;
        case 3 -> {
          boolean named = ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B';
          boolean rgb = !jfif && (adobe == 0 || (adobe == NO_ADOBE && named));
          yield rgb ? Encoding.RGB : Encoding.YCC;
        }
        case 4 -> adobe > 0 ? Encoding.YCCK : Encoding.CMYK;
        default ->
            throw new IllegalArgumentException(
                "it has " + ids.length + " components; 1, 3 or 4 are decoded");
      };
    }

    /** Tag 0x0112 of the first directory; 1, upright, where it is missing or senseless. */
    private static int orientation(ByteBuffer tiff) {
      int order = tiff.getShort(0);
      if (order != 0x4949 && order != 0x4d4d) {
        return 1;
      }
      tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      int directory = tiff.getInt(4);
      if (tiff.getShort(2) != 42 || directory < 8 || directory > tiff.limit() - 2) {
        return 1;
      }
      int entries = tiff.getShort(directory) & 0xffff;
      for (int i = 0; i < entries && directory + 2 + 12 * (i + 1) <= tiff.limit(); i++) {
        int at = directory + 2 + 12 * i;
        if ((tiff.getShort(at) & 0xffff) == ORIENTATION_TAG
            && tiff.getShort(at + 2) == TYPE_SHORT) {
          int value = tiff.getShort(at + 8) & 0xffff;
          return value >= 1 && value <= 8 ? value : 1;
        }
      }
      return 1;
    }
  }
}
