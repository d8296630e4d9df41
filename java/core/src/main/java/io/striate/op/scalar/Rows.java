package io.striate.op.scalar;

/**
 * A tensor seen as rows along one inner axis: row r stands for the r-th combination of all other
 * indices, the last one fastest. Tensors of equal dimensions share one instance and differ in
 * strides only.
 */
final class Rows {
  private final long[] dims;
  private final int inner;
  final long count;
  final long length;

  /** Rows along the axis on which {@code view} is densest. */
  Rows(View view) {
    this(view, densest(view));
  }

  Rows(View view, int inner) {
    this.dims = view.dims;
    this.inner = inner;
    this.length = dims.length == 0 ? 1 : dims[inner];
    this.count = view.elements() / length;
  }

  private static int densest(View view) {
    int best = Math.max(0, view.rank() - 1);
    for (int i = view.rank() - 1; i >= 0; i--) {
      if (view.dims[i] > 1
          && (view.dims[best] == 1 || Math.abs(view.strides[i]) < Math.abs(view.strides[best]))) {
        best = i;
      }
    }
    return best;
  }

  /** The inner axis. */
  int axis() {
    return inner;
  }

  /** Byte offset of the first element of a row. */
  long start(View view, long row) {
    long at = view.offset;
    long rest = row;
    for (int i = dims.length - 1; i >= 0; i--) {
      if (i != inner) {
        at += rest % dims[i] * view.strides[i];
        rest /= dims[i];
      }
    }
    return at;
  }

  /** Index along an outer axis of a row. */
  long index(long row, int axis) {
    long rest = row;
    for (int i = dims.length - 1; i > axis; i--) {
      if (i != inner) {
        rest /= dims[i];
      }
    }
    return rest % dims[axis];
  }

  /** Bytes between neighbours of a row. */
  long step(View view) {
    return view.rank() == 0 ? 0 : view.strides[inner];
  }
}
