package io.striate.op.contract;

import io.striate.tensor.Shape;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Walks over all index vectors of a shape, the last index fastest: the loops of every reference
 * implementation.
 */
final class Odometer {
  private Odometer() {}

  /** Calls {@code visit} for every index vector in [0, dims); the array is reused. */
  static void forEach(long[] dims, Consumer<long[]> visit) {
    long[] index = new long[dims.length];
    while (true) {
      visit.accept(index);
      int axis = dims.length - 1;
      while (axis >= 0 && ++index[axis] == dims[axis]) {
        index[axis--] = 0;
      }
      if (axis < 0) {
        return;
      }
    }
  }

  /** Row-major number of an index vector. */
  static int at(long[] dims, long... index) {
    long at = 0;
    for (int i = 0; i < dims.length; i++) {
      if (index[i] < 0 || index[i] >= dims[i]) {
        throw new IndexOutOfBoundsException(
            Arrays.toString(index) + " in " + Arrays.toString(dims));
      }
      at = at * dims[i] + index[i];
    }
    return Math.toIntExact(at);
  }

  /** Row-major number in a shape that broadcasts to the shape of {@code index}. */
  static int broadcast(Shape shape, long... index) {
    long at = 0;
    int shift = index.length - shape.rank();
    for (int i = 0; i < shape.rank(); i++) {
      at = at * shape.dim(i) + (shape.dim(i) == 1 ? 0 : index[i + shift]);
    }
    return Math.toIntExact(at);
  }
}
