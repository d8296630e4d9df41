package io.striate.tensor;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void knowsItsDimensions() {
    Shape s = Shape.of(2, 3, 5, 7);
    assertEquals(4, s.rank());
    assertEquals(2, s.spatialRank());
    assertEquals(210, s.elements());
    assertEquals(7, s.dim(-1));
    assertEquals(2, s.dim(-4));
    assertEquals(3, s.axis(-1));
    assertEquals("2x3x5x7", s.toString());
    assertEquals(s, Shape.of(List.of(2L, 3L, 5L, 7L)));
    assertEquals(s.hashCode(), Shape.of(2, 3, 5, 7).hashCode());
    assertNotEquals(s, Shape.of(2, 3, 5));
  }

  @Test
  void isImmutable() {
    long[] dims = {2, 3};
    Shape s = Shape.of(dims);
    dims[0] = 9;
    s.dims()[1] = 9;
    assertArrayEquals(new long[] {2, 3}, s.dims());
  }

  @Test
  void scalarHasOneElement() {
    assertEquals(1, Shape.of().elements());
    assertEquals("scalar", Shape.of().toString());
    assertEquals(0, Shape.of().spatialRank());
  }

  @Test
  void onlyTheFirstDimensionMayBeDynamic() {
    Shape s = Shape.of(Shape.DYNAMIC, 3, 8, 8);
    assertTrue(s.isDynamic());
    assertEquals("Nx3x8x8", s.toString());
    assertEquals(Shape.of(4, 3, 8, 8), s.withDim(0, 4));
    refused(s::elements, "dynamic batch", "Nx3x8x8", "withDim");
    refused(() -> Shape.of(3, Shape.DYNAMIC), "dimension 1 is -1", "at least 1");
  }

  @Test
  void refusesWhatNoTensorCanHave() {
    refused(() -> Shape.of(3, 0), "dimension 1 is 0");
    refused(() -> Shape.of(-5), "dimension 0 is -5");
    refused(() -> Shape.of(1, 1, 1, 1, 1, 1, 1, 1, 1), "rank 9", "at most 8");
    refused(() -> Shape.of(1L << 20, 1L << 21), "2^40");
    refused(() -> Shape.of(Long.MAX_VALUE, Long.MAX_VALUE), "2^40");
    assertEquals(1L << 40, Shape.of(1L << 20, 1L << 20).elements());
    refused(() -> Shape.of(2, 3).dim(2), "axis 2", "2x3");
    refused(() -> Shape.of(2, 3).axis(-3), "axis -3");
  }

  @Test
  void broadcastsAsNumPyDoes() {
    assertEquals(Shape.of(2, 3, 4), Shape.broadcast(Shape.of(2, 3, 4), Shape.of(3, 1)));
    assertEquals(Shape.of(2, 3, 4), Shape.broadcast(Shape.of(4), Shape.of(2, 3, 1)));
    assertEquals(Shape.of(5), Shape.broadcast(Shape.of(), Shape.of(5)));
    Shape dynamic = Shape.of(Shape.DYNAMIC, 3);
    assertEquals(dynamic, Shape.broadcast(dynamic, Shape.of(1, 3)));
    refused(() -> Shape.broadcast(Shape.of(2, 3), Shape.of(2)), "2x3", "3 against 2", "axis 1");
  }

  @Test
  void expandsWithLeadingOnes() {
    assertEquals(Shape.of(1, 1, 4, 5), Shape.of(4, 5).expandTo(4));
  }
}
