package io.striate.data;

import io.striate.image.Image;
import io.striate.image.Preprocessor;
import io.striate.tensor.Tensor;
import java.util.List;
import java.util.Objects;

/** Labelled pictures in a fixed order. Implementations may be used by many threads. */
public interface Dataset {
  /** The label of a picture whose class is not known. */
  int UNLABELLED = -1;

  /** What this is, for messages. */
  String name();

  /** Number of pictures. */
  int size();

  /**
   * One picture.
   *
   * @throws IndexOutOfBoundsException if there is none of that index
   * @throws io.striate.StriateException if its file cannot be read or decoded
   */
  Image image(int index);

  /** The class of a picture, an index into {@link #classes}, or {@link #UNLABELLED}. */
  int label(int index);

  /** Names of the classes; empty if they are not known. */
  List<String> classes();

  /**
   * Writes the pictures {@code first … first + count - 1} into {@code images[0 … count - 1]} and
   * their labels into {@code labels}.
   *
   * @throws IndexOutOfBoundsException if the data set has not so many pictures
   * @throws IllegalArgumentException if the batch or the array is too small, or the batch has
   *     another shape than {@code how} gives
   */
  default void batch(int first, int count, Preprocessor how, Tensor images, int[] labels) {
    Objects.checkFromIndexSize(first, count, size());
    if (count > labels.length) {
      throw new IllegalArgumentException(
          count + " pictures, but room for " + labels.length + " labels");
    }
    for (int i = 0; i < count; i++) {
      how.apply(image(first + i), images, i);
      labels[i] = label(first + i);
    }
  }

  /** The first {@code count} pictures of this, or all if it has fewer. */
  default Dataset limit(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "a limit of " + count + " pictures; it must be at least 1");
    }
    return count >= size() ? this : new LimitedDataset(this, count);
  }
}
