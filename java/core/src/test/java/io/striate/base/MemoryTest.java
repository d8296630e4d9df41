package io.striate.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.ChildJvm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
  private static final long PAGE = 2 << 20;

  /** In a child: allocates a large block, with whatever access the child has. */
  public static void main(String[] args) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment block = Memory.allocate(3 * PAGE, arena);
      block.set(ValueLayout.JAVA_BYTE, 3 * PAGE - 1, (byte) 1);
      System.out.println(Memory.describe());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 64, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE / 2, 5 * PAGE + 64})
  void blocksAreAlignedZeroedAndEndWithTheirArena(long bytes) {
    MemorySegment block;
    try (Arena arena = Arena.ofShared()) {
      block = Memory.allocate(bytes, arena);
      assertEquals(bytes, block.byteSize());
      assertEquals(0, block.address() % Memory.ALIGNMENT);
      assertEquals(-1, block.mismatch(MemorySegment.ofArray(new byte[(int) bytes])), "not zero");
      block.fill((byte) 1);
      MemorySegment next = Memory.allocate(bytes, arena);
      assertEquals(0, next.get(ValueLayout.JAVA_BYTE, 0), "memory of another block");
    }
    assertThrows(IllegalStateException.class, () -> block.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void withoutNativeAccessBlocksAreOfTheArenaAndTheReasonIsTold() throws Exception {
    ChildJvm.Result result = ChildJvm.run(MemoryTest.class);
    assertEquals(0, result.code(), result::output);
    assertTrue(result.output().startsWith("small pages"), result::output);
    assertFalse(result.output().contains("WARNING"), result::output);
    if (System.getProperty("os.name", "").equals("Linux")) {
      assertTrue(result.output().contains("--enable-native-access=ALL-UNNAMED"), result::output);
    }
  }
}
