package io.striate.data;

import java.util.Locale;

/** The part of a data set that a network learns from, or the part that it is judged by. */
public enum Split {
  /** To learn from. */
  TRAIN,
  /** To be judged by; never learned from. */
  TEST;

  /** {@code train} or {@code test}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
