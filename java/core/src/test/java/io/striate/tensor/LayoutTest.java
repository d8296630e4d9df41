package io.striate.tensor;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LayoutTest {
  private static final Shape IMAGE = Shape.of(2, 3, 4, 5);

  @Test
  void rowMajorPutsTheLastDimensionNext() {
    Layout l = Layout.rowMajor(IMAGE);
    assertArrayEquals(new long[] {60, 20, 5, 1}, l.strides());
    assertTrue(l.isRowMajor(IMAGE));
    assertFalse(l.isChannelsLast(IMAGE));
    assertEquals(0, l.first(IMAGE));
    assertEquals(120, l.end(IMAGE));
  }

  @Test
  void channelsLastPutsChannelsNext() {
    Layout l = Layout.channelsLast(IMAGE);
    assertArrayEquals(new long[] {60, 1, 15, 3}, l.strides());
    assertTrue(l.isChannelsLast(IMAGE));
    assertEquals(3, l.pitch(IMAGE));
    assertFalse(l.isRowMajor(IMAGE));
  }

  @Test
  void pitchKeepsPixelsApart() {
    Layout l = Layout.channelsLast(IMAGE, 8);
    assertArrayEquals(new long[] {160, 1, 40, 8}, l.strides());
    assertEquals(8, l.pitch(IMAGE));
    assertTrue(l.isChannelsLast(IMAGE));
    assertEquals(160 + 3 * 40 + 4 * 8 + 3, l.end(IMAGE));
    assertEquals(3, Layout.channelsLast(Shape.of(1, 3, 1, 1)).pitch(Shape.of(1, 3, 1, 1)));
  }

  @Test
  void dimensionsOfOneMayHaveAnyStride() {
    Shape pixel = Shape.of(1, 8, 1, 1);
    assertTrue(Layout.of(0, 99, 1, 77, 55).isChannelsLast(pixel));
    assertTrue(Layout.of(0, 99, 1, 77, 55).isRowMajor(pixel));
    Shape oneChannel = Shape.of(1, 1, 4, 5);
    assertTrue(Layout.rowMajor(oneChannel).isChannelsLast(oneChannel));
  }

  @Test
  void onlyEvenlySpacedPixelsAreChannelsLast() {
    assertFalse(Layout.of(0, 60, 1, 16, 3).isChannelsLast(IMAGE), "rows with a gap");
    assertFalse(Layout.of(0, 60, 1, 10, 2).isChannelsLast(IMAGE), "pixels on each other");
    assertFalse(Layout.of(0, 60, -1, 15, 3).isChannelsLast(IMAGE), "channels reversed");
  }

  @Test
  void negativeAndZeroStridesReachBackAndStand() {
    Layout reversed = Layout.of(9, -3, 1);
    assertEquals(0, reversed.first(Shape.of(4, 3)));
    assertEquals(12, reversed.end(Shape.of(4, 3)));
    Layout repeated = Layout.of(0, 0, 1);
    assertEquals(3, repeated.end(Shape.of(100, 3)));
  }

  @Test
  void shiftedMovesTheOffset() {
    Layout l = Layout.rowMajor(IMAGE).shifted(7).shifted(2);
    assertEquals(9, l.offset());
    assertEquals("+9[60, 20, 5, 1]", l.toString());
    assertEquals(Layout.of(9, 60, 20, 5, 1), l);
    assertEquals(Layout.of(9, 60, 20, 5, 1).hashCode(), l.hashCode());
    assertNotEquals(Layout.rowMajor(IMAGE), l);
  }

  @Test
  void refusesChannelsLastWithoutSpaceOrPitch() {
    refused(() -> Layout.channelsLast(Shape.of(2, 3)), "2x3", "spatial");
    refused(() -> Layout.channelsLast(IMAGE, 2), "pitch 2", "3 channels");
  }
}
