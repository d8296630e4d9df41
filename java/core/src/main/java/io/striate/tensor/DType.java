package io.striate.tensor;

/** Element types. The order equals {@code striate_dtype} in {@code striate.h}. */
public enum DType {
  F32(4),
  F64(8),
  BF16(2),
  F16(2),
  S8(1),
  U8(1),
  S32(4),
  S64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The value of {@code striate_dtype}. */
  public int code() {
    return ordinal();
  }
}
