package io.striate.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class LazyArenaTest {
  @Test
  void memoryLivesUntilItIsClosed() throws InterruptedException {
    MemorySegment a;
    MemorySegment b;
    try (Arena arena = new LazyArena()) {
      a = arena.allocate(100, 64);
      b = arena.allocate(8, 8);
      assertEquals(0, a.address() % 64);
      assertEquals(a.scope(), b.scope());
      assertEquals(a.scope(), arena.scope());
      Thread other = Thread.ofPlatform().start(() -> b.set(ValueLayout.JAVA_LONG, 0, 7));
      other.join();
      assertEquals(7, b.get(ValueLayout.JAVA_LONG, 0));
    }
    assertFalse(a.scope().isAlive());
    assertFalse(b.scope().isAlive());
  }

  @Test
  void refusesMemoryOnceItIsClosed() {
    LazyArena unused = new LazyArena();
    unused.close();
    assertThrows(IllegalStateException.class, () -> unused.allocate(8, 8));
    LazyArena used = new LazyArena();
    assertTrue(used.scope().isAlive());
    used.close();
    assertThrows(IllegalStateException.class, () -> used.allocate(8, 8));
  }
}
