package io.striate.tensor;

/** Element types; their codes are those of {@code striate_dtype} in {@code striate.h}. */
public enum DType {
  F32(0, 4),
  F64(1, 8),
  BF16(2, 2),
  F16(3, 2),
  S8(4, 1),
  U8(5, 1),
  S32(6, 4),
  S64(7, 8);

  private final int code;
  private final int bytes;

  DType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The value of {@code striate_dtype}. */
  public int code() {
    return code;
  }
}
