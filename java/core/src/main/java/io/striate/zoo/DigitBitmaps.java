package io.striate.zoo;

import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;

/**
 * The digits as bitmaps of 7×12 pixels, the code that LeNet-5's last layer compares with; ink is +1
 * and paper -1, as in LeCun et al. 1998, section II.B. The drawings are our own.
 */
final class DigitBitmaps {
  static final int WIDTH = 7;
  static final int HEIGHT = 12;
  private static final int DIGITS = 10;

  /** Two rows of five digits, a column of blanks between two. */
  private static final String DRAWINGS =
      """
      ..###.. ...#... ..###.. .#####. ....##.
      .#####. ..##... .#####. ##...## ....##.
      ##...## .###... ##...## .....## ...###.
      ##...## ...#... .....## .....## ..#.##.
      ##...## ...#... .....## ....##. .##.##.
      ##...## ...#... ....##. ..###.. ##..##.
      ##...## ...#... ...##.. ....##. #######
      ##...## ...#... ..##... .....## ....##.
      ##...## ...#... .##.... .....## ....##.
      ##...## ...#... ##..... ##...## ....##.
      .#####. ...#... ####### .##.##. ....##.
      ..###.. .#####. ####### ..###.. ....##.
      ####### ...###. ####### ..###.. ..###..
      ##..... ..##... ####### .##.##. .#####.
      ##..... .##.... .....## ##...## ##...##
      ##..... ##..... ....##. ##...## ##...##
      #####.. ##..... ....##. .##.##. ##...##
      ######. #####.. ...##.. ..###.. .######
      ....### ######. ...##.. .##.##. ..#####
      .....## ##...## ..##... ##...## .....##
      .....## ##...## ..##... ##...## .....##
      ##...## ##...## .##.... ##...## ....##.
      ######. .#####. .##.... .##.##. ...##..
      .####.. ..###.. ##..... ..###.. .###...
      """;

  private DigitBitmaps() {}

  /**
   * One row of 84 numbers per digit.
   *
   * @throws IllegalArgumentException if there is no bitmap for each of the classes
   */
  static Tensor of(long classes) {
    if (classes < 1 || classes > DIGITS) {
      throw new IllegalArgumentException(
          "lenet5_1998 with "
              + classes
              + " classes: there are bitmaps of the 10 digits only; use lenet5 for other classes");
    }
    float[] values = new float[(int) classes * WIDTH * HEIGHT];
    String[] rows = DRAWINGS.lines().toArray(String[]::new);
    for (int digit = 0; digit < classes; digit++) {
      for (int y = 0; y < HEIGHT; y++) {
        String row = rows[digit / 5 * HEIGHT + y];
        for (int x = 0; x < WIDTH; x++) {
          boolean ink = row.charAt(digit % 5 * (WIDTH + 1) + x) == '#';
          values[(digit * HEIGHT + y) * WIDTH + x] = ink ? 1 : -1;
        }
      }
    }
    return Tensor.of(Shape.of(classes, WIDTH * HEIGHT), values);
  }
}
