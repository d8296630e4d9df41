package io.striate.op;

/** How much rounding error algorithms may add for speed. */
public enum Accuracy {
  /** Direct algorithms only: every result is a plain sum of products. */
  STRICT,
  /** Fast algorithms with a published error bound, Winograd F(4×4, 3×3) among them. */
  DEFAULT,
  /** Also algorithms of lower accuracy: F(6×6, 3×3), reduced precision where asked. */
  FAST
}
