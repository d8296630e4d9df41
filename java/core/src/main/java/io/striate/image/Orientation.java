package io.striate.image;

/**
 * The eight Exif orientations: which corner of the stored pixels is the upper left one of the
 * picture.
 */
final class Orientation {
  private Orientation() {}

  /** The picture upright; orientation 1 is the image itself. */
  static Image apply(Image image, int orientation) {
    if (orientation == 1) {
      return image;
    }
    boolean swapped = orientation >= 5;
    int width = swapped ? image.height() : image.width();
    int height = swapped ? image.width() : image.height();
    int channels = image.channels();
    byte[] src = image.array();
    byte[] out = new byte[width * height * channels];
    int to = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int sx = swapped ? y : x;
        int sy = swapped ? x : y;
        boolean mirrorX =
            orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean mirrorY =
            orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        sx = mirrorX ? image.width() - 1 - sx : sx;
        sy = mirrorY ? image.height() - 1 - sy : sy;
        int from = image.offset() + (sy * image.width() + sx) * channels;
        for (int c = 0; c < channels; c++) {
          out[to++] = src[from + c];
        }
      }
    }
    return Image.of(width, height, channels, out);
  }
}
