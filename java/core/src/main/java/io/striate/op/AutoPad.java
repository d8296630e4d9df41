package io.striate.op;

/** How the padding of a window is found. */
public enum AutoPad {
  /** The window's own padBegin and padEnd. */
  EXPLICIT,
  /** None: only windows that lie wholly inside the input. */
  VALID,
  /** O = ceil(I / stride); an odd total puts the extra element at the end (TensorFlow, Keras). */
  SAME_UPPER,
  /** O = ceil(I / stride); an odd total puts the extra element at the beginning. */
  SAME_LOWER
}
