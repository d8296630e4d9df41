package io.striate.image;

import java.util.Arrays;
import java.util.Locale;

/**
 * The filters of Pillow's {@code Image.resize}. All but {@link #NEAREST} are stretched by the scale
 * when an image shrinks, which is what "antialias" means elsewhere.
 */
public enum Interpolation {
  /** The source pixel under the centre of the new one. */
  NEAREST(0),
  /** Mean of the source pixels covered. */
  BOX(0.5),
  /** Triangle, 1 - |x|. */
  BILINEAR(1),
  /** Hamming-windowed sinc of support 1. */
  HAMMING(1),
  /** Cubic convolution with a = -0.5 (Keys 1981). */
  BICUBIC(2),
  /** Sinc windowed by a sinc of support 3. */
  LANCZOS(3);

  private final double support;

  Interpolation(double support) {
    this.support = support;
  }

  /** Half width of the filter in source pixels at scale 1. */
  double support() {
    return support;
  }

  /** The filter at distance {@code x}, before normalisation. */
  double weight(double x) {
    double d = Math.abs(x);
    return switch (this) {
      case NEAREST -> throw new IllegalStateException("nearest has no filter");
      case BOX -> x > -0.5 && x <= 0.5 ? 1 : 0;
      case BILINEAR -> d < 1 ? 1 - d : 0;
      case HAMMING -> d == 0 ? 1 : d >= 1 ? 0 : sinc(d) * (0.54 + 0.46 * Math.cos(d * Math.PI));
      case BICUBIC -> {
        double a = -0.5;
        yield d < 1
            ? ((a + 2) * d - (a + 3)) * d * d + 1
            : d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
      }
      case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    };
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
  }

  /**
   * The filter of that name, in any case; an unknown name is an {@link IllegalArgumentException}
   * listing all.
   */
  public static Interpolation of(String name) {
    for (Interpolation each : values()) {
      if (each.name().equalsIgnoreCase(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "unknown interpolation '"
            + name
            + "'; choose one of "
            + Arrays.stream(values()).map(v -> v.name().toLowerCase(Locale.ROOT)).toList());
  }
}
