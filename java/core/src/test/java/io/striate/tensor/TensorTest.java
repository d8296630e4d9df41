package io.striate.tensor;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class TensorTest {
  private static final Shape IMAGE = Shape.of(1, 3, 2, 2);

  @Test
  void copiesInLogicalOrderWhateverTheLayout() {
    float[] values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    try (Arena arena = Arena.ofConfined()) {
      for (Layout layout :
          new Layout[] {
            Layout.rowMajor(IMAGE),
            Layout.channelsLast(IMAGE),
            Layout.channelsLast(IMAGE, 7).shifted(2),
            Layout.of(11, -12, -4, -2, -1)
          }) {
        Tensor t = Tensor.allocate(arena, TensorDesc.f32(IMAGE, layout)).copyFrom(values);
        assertArrayEquals(values, t.toArray(), layout.toString());
        assertEquals(6, t.get(0, 1, 0, 1), layout.toString());
        t.set(-1, 0, 2, 1, 1);
        assertEquals(-1, t.toArray()[11]);
      }
      Tensor nhwc =
          Tensor.allocate(arena, TensorDesc.f32(IMAGE, Layout.channelsLast(IMAGE)))
              .copyFrom(values);
      Tensor raw = new Tensor(TensorDesc.f32(Shape.of(12)), nhwc.data());
      assertArrayEquals(new float[] {1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12}, raw.toArray());
    }
  }

  @Test
  void isAlignedZeroedAndAView() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor t = Tensor.allocate(arena, TensorDesc.f32(Shape.of(3)));
      assertEquals(0, t.data().address() % Tensor.ALIGNMENT);
      assertArrayEquals(new float[3], t.toArray());
      Tensor tail = new Tensor(TensorDesc.f32(Shape.of(2), Layout.of(1, 1)), t.data());
      tail.copyFrom(5, 6);
      assertArrayEquals(new float[] {0, 5, 6}, t.toArray());
    }
  }

  @Test
  void useAfterCloseIsAnException() {
    Tensor t;
    try (Arena arena = Arena.ofConfined()) {
      t = Tensor.allocate(arena, TensorDesc.f32(Shape.of(3)));
    }
    assertThrows(IllegalStateException.class, () -> t.get(0));
    assertThrows(IllegalStateException.class, t::toArray);
    assertThrows(IllegalStateException.class, () -> t.copyFrom(1, 2, 3));
  }

  @Test
  void refusesWrongNumbers() {
    refused(() -> Tensor.of(Shape.of(2, 2), 1, 2, 3), "2x2", "4 elements", "3 values");
    Tensor t = Tensor.of(Shape.of(2, 2), 1, 2, 3, 4);
    refused(() -> t.copyFrom(1, 2), "2 values", "2x2");
    refused(() -> t.get(0), "1 indices", "2x2");
    refused(() -> t.get(0, 2), "index 2", "axis 1");
    refused(() -> t.set(1, -1, 0), "index -1", "axis 0");
    refused(
        () -> new Tensor(TensorDesc.f32(Shape.of(100)), MemorySegment.ofArray(new float[99])),
        "400 bytes",
        "396");
    try (Arena arena = Arena.ofConfined()) {
      Tensor bytes =
          Tensor.allocate(
              arena, new TensorDesc(DType.U8, Shape.of(4), Layout.rowMajor(Shape.of(4))));
      refused(bytes::toArray, "F32", "U8");
    }
  }

  @Test
  void descriptorsRefuseImpossibleLayouts() {
    Shape s = Shape.of(4, 3);
    refused(() -> TensorDesc.f32(Shape.of(Shape.DYNAMIC, 3)), "fixed batch", "Nx3");
    refused(() -> TensorDesc.f32(s, Layout.of(0, 1)), "1 strides", "rank 2");
    refused(() -> TensorDesc.f32(s, Layout.of(8, -3, 1)), "begins before its memory");
    refused(() -> TensorDesc.f32(s, Layout.of(0, Long.MAX_VALUE, 1)), "beyond 2^48");
    refused(() -> TensorDesc.f32(s, Layout.of(0, Long.MAX_VALUE / 4, 1)), "beyond 2^48");
    refused(() -> TensorDesc.f32(s, Layout.of(Long.MAX_VALUE - 1, 3, 1)), "beyond 2^48");
    refused(() -> TensorDesc.f32(s, Layout.of(0, Long.MIN_VALUE / 2, Long.MIN_VALUE / 2)), "2^48");
    assertEquals(4 * 12, TensorDesc.f32(s).spanBytes());
    assertEquals(4 * (5 + 12), TensorDesc.f32(s, Layout.rowMajor(s).shifted(5)).spanBytes());
  }

  @Test
  void seesOverlap() {
    Shape half = Shape.of(1, 4, 2, 2);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4096, 64);
      TensorDesc low = TensorDesc.f32(half, Layout.channelsLast(half, 8));
      TensorDesc high = TensorDesc.f32(half, Layout.channelsLast(half, 8).shifted(4));
      TensorDesc between = TensorDesc.f32(half, Layout.channelsLast(half, 8).shifted(2));
      assertFalse(low.overlaps(memory, high, memory), "neighbours in a concatenation");
      assertFalse(high.overlaps(memory, low, memory));
      assertTrue(low.overlaps(memory, between, memory));
      assertTrue(between.overlaps(memory, high, memory));
      assertTrue(low.overlaps(memory, low, memory));
      assertFalse(low.overlaps(memory, low, memory.asSlice(2048)), "far apart");
      assertTrue(low.overlaps(memory, low, memory.asSlice(8 * 4)), "shifted by one pixel");
      TensorDesc flat = TensorDesc.f32(Shape.of(8));
      assertTrue(flat.overlaps(memory, flat, memory.asSlice(7 * 4)));
      assertFalse(flat.overlaps(memory, flat, memory.asSlice(8 * 4)));
    }
  }
}
