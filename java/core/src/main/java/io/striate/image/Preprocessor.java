package io.striate.image;

import io.striate.tensor.DType;
import io.striate.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Turns pictures into network inputs as a {@link Preprocessing} says. It keeps its tables and
 * scratch memory, so a run of pictures of one size allocates nothing. For one thread at a time.
 */
public final class Preprocessor {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Preprocessing preprocessing;
  private final float[] table;
  private @Nullable Resizer resizer;
  private byte[] resized = {};
  private float[] row = {};
  private byte[] grey = {};

  Preprocessor(Preprocessing preprocessing) {
    this.preprocessing = preprocessing;
    table = new float[256 * preprocessing.channels().count()];
    for (int i = 0; i < table.length; i++) {
      int c = i / 256;
      table[i] =
          (float)
              ((i % 256 * preprocessing.scale() - preprocessing.mean().get(c))
                  / preprocessing.std().get(c));
    }
  }

  /** What this does. */
  public Preprocessing preprocessing() {
    return preprocessing;
  }

  /**
   * Writes one picture into {@code batch[index]}.
   *
   * @param batch f32, N x C x H x W with the C, H and W of {@link Preprocessing#outputSize}, in any
   *     layout
   * @throws IllegalArgumentException naming both sizes if they differ, or if the picture is smaller
   *     than the crop
   */
  public void apply(Image image, Tensor batch, long index) {
    Preprocessing.Size from = new Preprocessing.Size(image.width(), image.height());
    Preprocessing.Size scaled = preprocessing.resize().apply(from);
    Preprocessing.Size size = preprocessing.outputSize(from);
    if (size.width() > scaled.width() || size.height() > scaled.height()) {
      throw new IllegalArgumentException(
          "the crop of "
              + size
              + " does not fit the "
              + image
              + ", which is "
              + scaled
              + " after resize "
              + preprocessing.resize()
              + "; resize it to at least the crop");
    }
    checkBatch(batch, index, size);
    Image source = preprocessing.channels() == Preprocessing.Channels.GREY ? toGrey(image) : image;
    if (size.equals(from) && scaled.equals(from)) {
      write(source.array(), source.offset(), source.channels(), size, batch, index);
      return;
    }
    Resizer current = resizer;
    if (current == null || !current.fits(image.width(), image.height())) {
      current =
          new Resizer(
              image.width(),
              image.height(),
              scaled.width(),
              scaled.height(),
              preprocessing.interpolation(),
              offset(scaled.width(), size.width()),
              offset(scaled.height(), size.height()),
              size.width(),
              size.height());
      resizer = current;
    }
    int needed = size.width() * size.height() * source.channels();
    if (resized.length < needed) {
      resized = new byte[needed];
    }
    current.resize(source, resized);
    write(resized, 0, source.channels(), size, batch, index);
  }

  /** Half of what is left over, rounded half to even. */
  private static int offset(int whole, int crop) {
    return (int) Math.rint((whole - crop) / 2.0);
  }

  private void checkBatch(Tensor batch, long index, Preprocessing.Size size) {
    int channels = preprocessing.channels().count();
    if (batch.desc().dtype() != DType.F32
        || batch.shape().rank() != 4
        || batch.shape().dim(1) != channels
        || batch.shape().dim(2) != size.height()
        || batch.shape().dim(3) != size.width()) {
      throw new IllegalArgumentException(
          "the picture becomes F32 "
              + channels
              + "x"
              + size.height()
              + "x"
              + size.width()
              + " (C, H, W), but the batch is "
              + batch.desc().dtype()
              + " "
              + batch.shape());
    }
    if (index < 0 || index >= batch.shape().dim(0)) {
      throw new IllegalArgumentException(
          "index " + index + " is outside a batch of " + batch.shape().dim(0));
    }
  }

  private Image toGrey(Image image) {
    if (image.channels() == 1) {
      return image;
    }
    int pixels = image.width() * image.height();
    if (grey.length < pixels) {
      grey = new byte[pixels];
    }
    for (int i = 0; i < pixels; i++) {
      grey[i] = Image.luma(image.array(), image.offset() + 3 * i);
    }
    return Image.of(image.width(), image.height(), 1, grey);
  }

  private void write(
      byte[] src, int from, int srcChannels, Preprocessing.Size size, Tensor batch, long index) {
    MemorySegment data = batch.data();
    long strideH = batch.desc().layout().stride(2);
    long strideW = batch.desc().layout().stride(3);
    int channels = preprocessing.channels().count();
    if (row.length < size.width()) {
      row = new float[size.width()];
    }
    for (int c = 0; c < channels; c++) {
      int band =
          srcChannels == 1 ? 0 : preprocessing.channels() == Preprocessing.Channels.BGR ? 2 - c : c;
      long plane =
          batch.desc().layout().offset()
              + index * batch.desc().layout().stride(0)
              + c * batch.desc().layout().stride(1);
      for (int y = 0; y < size.height(); y++) {
        int at = from + y * size.width() * srcChannels + band;
        long to = plane + y * strideH;
        for (int x = 0; x < size.width(); x++, at += srcChannels) {
          row[x] = table[256 * c + (src[at] & 0xff)];
        }
        if (strideW == 1) {
          MemorySegment.copy(row, 0, data, FLOAT, to * Float.BYTES, size.width());
        } else {
          for (int x = 0; x < size.width(); x++) {
            data.set(FLOAT, (to + x * strideW) * Float.BYTES, row[x]);
          }
        }
      }
    }
  }
}
