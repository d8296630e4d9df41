package io.striate.op.vector;

import java.util.Arrays;
import java.util.List;

/**
 * Winograd's algorithm in two dimensions: a {@link WinogradAxis} for each. A tile of MH x MW
 * outputs takes NH·NW products per pair of channels in place of MH·MW·RH·RW. All are no less
 * accurate than accuracy default allows (ADR 5); the order is of no meaning.
 */
enum WinogradForm {
  F4X4(WinogradAxis.F4_3, WinogradAxis.F4_3),
  F2X2(WinogradAxis.F2_3, WinogradAxis.F2_3),
  F4X4_S2(WinogradAxis.F4_3_S2, WinogradAxis.F4_3_S2),
  F2X2_S2(WinogradAxis.F2_3_S2, WinogradAxis.F2_3_S2),
  F3X3_5X5(WinogradAxis.F3_5, WinogradAxis.F3_5),
  F2X2_5X5(WinogradAxis.F2_5, WinogradAxis.F2_5),
  F1X4_1X3(WinogradAxis.ONE, WinogradAxis.F4_3),
  F1X6_1X3(WinogradAxis.ONE, WinogradAxis.F6_3),
  F1X4_1X5(WinogradAxis.ONE, WinogradAxis.F4_5),
  F1X4_1X7(WinogradAxis.ONE, WinogradAxis.F4_7),
  F4X1_3X1(WinogradAxis.F4_3, WinogradAxis.ONE),
  F6X1_3X1(WinogradAxis.F6_3, WinogradAxis.ONE),
  F4X1_5X1(WinogradAxis.F4_5, WinogradAxis.ONE),
  F4X1_7X1(WinogradAxis.F4_7, WinogradAxis.ONE);

  final WinogradAxis high;
  final WinogradAxis wide;

  WinogradForm(WinogradAxis high, WinogradAxis wide) {
    this.high = high;
    this.wide = wide;
  }

  /** Points of a tile. */
  int points() {
    return high.points * wide.points;
  }

  /**
   * For example {@code 1x4-1x7} or {@code 4x4-3x3s2}; 3x3 kernels of stride 1 go without saying.
   */
  String label() {
    String tile = high.outputs + "x" + wide.outputs;
    String kernel = "-" + high.taps + "x" + wide.taps;
    boolean square = high.taps == 3 && wide.taps == 3;
    return high.stride == 2 ? tile + kernel + "s2" : square ? tile : tile + kernel;
  }

  /** The forms for kernels of this size and stride. */
  static List<WinogradForm> of(int highTaps, int wideTaps, int highStride, int wideStride) {
    return Arrays.stream(values())
        .filter(form -> form.high.taps == highTaps && form.wide.taps == wideTaps)
        .filter(form -> form.high.stride == highStride && form.wide.stride == wideStride)
        .toList();
  }
}
