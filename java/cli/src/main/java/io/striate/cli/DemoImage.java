package io.striate.cli;

import io.striate.image.Image;

/**
 * The picture that the demo renders for itself: a sun over the sea, five rows of waves, and a sail.
 * Every pixel is a formula of its coordinates, so the picture is the same on every machine.
 */
final class DemoImage {
  private DemoImage() {}

  static Image render(int size) {
    byte[] rgb = new byte[size * size * 3];
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        double u = (x + 0.5) / size;
        double v = (y + 0.5) / size;
        double[] colour = colour(u, v);
        for (int c = 0; c < 3; c++) {
          rgb[(y * size + x) * 3 + c] = (byte) Math.round(255 * Math.clamp(colour[c], 0.0, 1.0));
        }
      }
    }
    return Image.of(size, size, 3, rgb);
  }

  private static double[] colour(double u, double v) {
    double horizon = 0.6;
    double[] c;
    if (v < horizon) {
      double t = v / horizon;
      c = new double[] {0.35 + 0.55 * t, 0.55 + 0.2 * t, 0.9 - 0.35 * t};
      double sun = 1 - Math.hypot(u - 0.72, v - 0.32) / 0.11;
      mix(c, smooth(8 * sun), 1, 0.85, 0.3);
    } else {
      double depth = (v - horizon) / (1 - horizon);
      double wave =
          0.5 + 0.5 * Math.sin(2 * Math.PI * (5 * depth * depth + 2 * u + 0.15 * Math.sin(9 * u)));
      c = new double[] {0.08 + 0.1 * wave, 0.25 + 0.25 * wave, 0.45 + 0.25 * wave};
    }
    // The sail: a triangle on a hull.
    double height = (v - 0.3) / 0.36;
    boolean sail = height > 0 && height < 1 && u > 0.36 - 0.16 * height && u < 0.37 + 0.04 * height;
    boolean hull = v > 0.67 && v < 0.72 && Math.abs(u - 0.32) < 0.17 - (v - 0.67);
    if (sail) {
      mix(c, 1, 0.97, 0.95, 0.9);
    } else if (hull) {
      mix(c, 1, 0.45, 0.2, 0.12);
    }
    return c;
  }

  private static double smooth(double t) {
    double s = Math.clamp(t, 0.0, 1.0);
    return s * s * (3 - 2 * s);
  }

  private static void mix(double[] c, double share, double r, double g, double b) {
    c[0] += share * (r - c[0]);
    c[1] += share * (g - c[1]);
    c[2] += share * (b - c[2]);
  }
}
