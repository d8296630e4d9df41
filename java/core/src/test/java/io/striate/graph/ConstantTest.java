package io.striate.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.graph.Constant.Role;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ConstantTest {
  private static final Shape SHAPE = Shape.of(2);

  @Test
  void deferredDataIsMadeOnceAndKept() {
    AtomicInteger made = new AtomicInteger();
    Constant c =
        Constant.deferred(
            Role.PARAMETER,
            SHAPE,
            () -> {
              made.incrementAndGet();
              return Tensor.of(SHAPE, 1, 2);
            });
    assertEquals(0, made.get());
    Tensor first = c.data();
    try (Arena arena = Arena.ofConfined()) {
      assertSame(first, c.data(arena));
    }
    assertArrayEquals(new float[] {1, 2}, c.data().toArray(), "it outlives the arena");
    assertEquals(1, made.get());
  }

  @Test
  void derivedDataLivesAsLongAsItsArena() {
    Constant c =
        Constant.derived(
            Role.FIXED,
            SHAPE,
            arena -> Tensor.allocate(arena, TensorDesc.f32(SHAPE)).copyFrom(3, 4));
    Tensor ended;
    try (Arena arena = Arena.ofConfined()) {
      ended = c.data(arena);
      assertArrayEquals(new float[] {3, 4}, ended.toArray());
      assertNotEquals(ended.data().address(), c.data().data().address());
    }
    assertThrows(IllegalStateException.class, ended::toArray);
    assertArrayEquals(new float[] {3, 4}, c.data().toArray());
  }

  @Test
  void storedDataIsReadAgainUntilItWasHandedOut() {
    AtomicInteger read = new AtomicInteger();
    long[] sums = {7};
    Constant c =
        Constant.stored(
            Role.PARAMETER,
            SHAPE,
            arena -> {
              read.incrementAndGet();
              return Tensor.allocate(arena, TensorDesc.f32(SHAPE)).copyFrom(5, 6);
            },
            Optional.of(sums));
    assertArrayEquals(sums, c.fingerprint().orElseThrow());
    try (Arena arena = Arena.ofConfined()) {
      c.own(arena).orElseThrow().set(0, 0);
      assertArrayEquals(new float[] {5, 6}, c.data(arena).toArray());
    }
    assertEquals(2, read.get());
    Tensor kept = c.data();
    kept.set(9, 0);
    try (Arena arena = Arena.ofConfined()) {
      assertSame(kept, c.data(arena));
      assertTrue(c.own(arena).isEmpty());
    }
    assertSame(kept, c.data());
    assertTrue(c.fingerprint().isEmpty(), "it may have been changed");
    assertEquals(3, read.get());
  }

  @Test
  void dataOfAnotherShapeIsAnError() {
    Constant c = Constant.derived(Role.FIXED, SHAPE, arena -> Tensor.of(Shape.of(3), 1, 2, 3));
    assertThrows(IllegalStateException.class, c::data);
  }
}
