package io.striate.op;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.striate.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowTest {
  private static long size(Window w, long in, boolean ceil) {
    return w.outputs(Shape.of(1, 1, in), ceil)[0];
  }

  /**
   * O = floor((I + 2P - dilation·(K-1) - 1) / S) + 1, counted by placing windows one after the
   * other.
   */
  @Test
  void outputSizeEqualsTheNumberOfWindowsThatFit() {
    for (int in = 1; in <= 12; in++) {
      for (int kernel = 1; kernel <= 5; kernel++) {
        for (int stride = 1; stride <= 4; stride++) {
          for (int dilation = 1; dilation <= 3; dilation++) {
            for (int pad = 0; pad <= 3; pad++) {
              int extent = dilation * (kernel - 1) + 1;
              int padded = in + 2 * pad;
              if (extent > padded) {
                continue;
              }
              int count = 0;
              for (int start = 0; start + extent <= padded; start += stride) {
                count++;
              }
              Window w =
                  Window.of(kernel).withStride(stride).withDilation(dilation).withPadding(pad);
              assertEquals(count, size(w, in, false), w + " over " + in);
            }
          }
        }
      }
    }
  }

  @Test
  void ceilModeAddsAPartialWindowUnlessItBeginsInTheEndPadding() {
    assertEquals(2, size(Window.of(3).withStride(2), 6, false));
    assertEquals(3, size(Window.of(3).withStride(2), 6, true));
    assertEquals(3, size(Window.of(3).withStride(2), 7, true));
    assertEquals(2, size(Window.of(2).withStride(3), 6, true), "a third window would begin at 6");
    assertEquals(
        2,
        size(Window.of(3).withStride(3).withPadding(1), 5, true),
        "a third would begin in padding");
    assertEquals(112, size(Window.of(3).withStride(2), 224, true), "Caffe's GoogLeNet");
  }

  @Test
  void sameKeepsTheSizeDividedByTheStride() {
    for (int in = 1; in <= 9; in++) {
      for (int kernel = 1; kernel <= 4; kernel++) {
        for (int stride = 1; stride <= 3; stride++) {
          Window upper = Window.of(kernel).withStride(stride).withAutoPad(AutoPad.SAME_UPPER);
          Window lower = upper.withAutoPad(AutoPad.SAME_LOWER);
          assertEquals(Math.ceilDiv(in, stride), size(upper, in, false), upper + " over " + in);
          assertEquals(Math.ceilDiv(in, stride), size(lower, in, false), lower + " over " + in);
          Window u = upper.resolve(Shape.of(1, 1, in));
          Window l = lower.resolve(Shape.of(1, 1, in));
          assertEquals(u.padBegin(), l.padEnd());
          assertEquals(u.padEnd(), l.padBegin());
          int odd = u.padEnd().get(0) - u.padBegin().get(0);
          assertEquals(Math.floorMod(odd, 2), odd, "the odd element goes to the end");
        }
      }
    }
  }

  @Test
  void validPadsNothing() {
    Window w = Window.of(3, 3).withPadding(2).withAutoPad(AutoPad.VALID);
    Window resolved = w.resolve(Shape.of(1, 1, 5, 7));
    assertEquals(List.of(0, 0), resolved.padBegin());
    assertEquals(List.of(0, 0), resolved.padEnd());
    assertArrayEquals(new long[] {3, 5}, w.outputs(Shape.of(1, 1, 5, 7), false));
    assertSame(resolved, resolved.resolve(Shape.of(1, 1, 5, 7)));
  }

  @Test
  void oneNumberStandsForAllAxes() {
    Window w = Window.of(3, 4, 5).withStride(2).withDilation(1, 2, 3).withPadding(1);
    assertEquals(List.of(2, 2, 2), w.stride());
    assertEquals(List.of(1, 2, 3), w.dilation());
    assertEquals(List.of(1, 1, 1), w.padEnd());
    assertEquals(60, w.taps());
    assertEquals(13, w.extent(2));
  }

  @Test
  void refusesNonsense() {
    refused(() -> Window.of(), "0 dimensions", "1 to 3");
    refused(() -> Window.of(1, 1, 1, 1), "4 dimensions");
    refused(() -> Window.of(0), "kernel", "0 is outside 1");
    refused(() -> Window.of(3).withStride(0), "stride", "0 is outside 1");
    refused(() -> Window.of(3).withDilation(-1), "dilation", "-1");
    refused(() -> Window.of(3).withPadding(-1), "padBegin", "-1");
    refused(() -> Window.of(3, 3).withStride(1, 2, 3), "stride", "2 entries");
    refused(() -> Window.of(Integer.MAX_VALUE), "kernel", "2147483647");
    refused(() -> size(Window.of(5), 4, false), "extent 5", "axis 2", "1x1x4", "add padding");
    refused(
        () -> Window.of(3, 3).outputs(Shape.of(1, 1, 5), false), "2 spatial dimensions", "1x1x5");
    Window absurd = Window.of(1 << 24).withDilation(1 << 24).withAutoPad(AutoPad.SAME_UPPER);
    refused(() -> size(absurd, 4, false), "padding", "axis 2", "reduce");
  }
}
