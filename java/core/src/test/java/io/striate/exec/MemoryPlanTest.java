package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.graph.Value;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  private static Buffer buffer(int id, Buffer.Kind kind, long bytes, int first, int last) {
    Value value = new Value(id, "v" + id, DType.F32, Shape.of(1));
    Buffer b = new Buffer(id, kind, value, bytes, Optional.empty());
    b.touch(first);
    b.touch(last);
    return b;
  }

  @Test
  void buffersThatLiveTogetherNeverOverlap() {
    SplittableRandom random = new SplittableRandom(11);
    for (int round = 0; round < 200; round++) {
      List<Buffer> buffers = new ArrayList<>();
      long sum = 0;
      for (int i = 0; i < 1 + random.nextInt(30); i++) {
        int first = random.nextInt(40);
        Buffer.Kind kind = i == 0 ? Buffer.Kind.INPUT : Buffer.Kind.ARENA;
        buffers.add(buffer(i, kind, 1 + random.nextInt(10_000), first, first + random.nextInt(10)));
        sum += MemoryPlan.align(buffers.get(i).bytes);
      }
      long total = MemoryPlan.assign(buffers);
      assertTrue(total <= sum, "the plan needs more than no sharing at all");
      for (Buffer a : buffers) {
        assertEquals(0, a.offset % 64, "alignment");
        assertTrue(a.offset + a.bytes <= total, "buffer beyond the block");
        for (Buffer b : buffers) {
          boolean together =
              a != b
                  && (a.livesWith(b) || a.kind != Buffer.Kind.ARENA || b.kind != Buffer.Kind.ARENA);
          boolean disjoint = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
          assertTrue(!together || disjoint, "buffers " + a.id + " and " + b.id + " overlap");
        }
      }
    }
  }

  @Test
  void aChainNeedsOnlyTwoBuffersAtATime() {
    List<Buffer> chain = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      chain.add(buffer(i, Buffer.Kind.ARENA, 6400, i, i + 1));
    }
    assertEquals(2 * 6400, MemoryPlan.assign(chain));
  }
}
