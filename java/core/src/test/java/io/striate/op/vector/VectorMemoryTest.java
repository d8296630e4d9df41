package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Conv;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.TileTask;
import io.striate.op.Window;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory that kernels with hoisted checks must not touch is refused before a run. */
class VectorMemoryTest {
  private static final Shape SHAPE = Shape.of(1, 16, 8, 8);
  private static final TensorDesc IMAGE = TensorDesc.f32(SHAPE, Layout.channelsLast(SHAPE));
  private static final TensorDesc WEIGHTS = TensorDesc.f32(Shape.of(16, 16, 1, 1));

  private final Arena arena = Arena.ofShared();
  private Kernel kernel;

  @BeforeEach
  void create() {
    MemorySegment weights = arena.allocate(WEIGHTS.spanBytes(), 64);
    KernelRequest request =
        KernelRequest.of(
            Conv.of(Window.of(1, 1)),
            List.of(Operand.of(IMAGE), Operand.constant(WEIGHTS, weights)),
            IMAGE);
    Offer offer = new VectorProvider().offer(request);
    kernel = assertInstanceOf(Offer.Accepted.class, offer).candidates().get(0).create();
  }

  @AfterEach
  void close() {
    kernel.close();
    arena.close();
  }

  private MemorySegment image(Arena owner) {
    return owner.allocate(IMAGE.spanBytes(), 64);
  }

  private MemorySegment scratch() {
    return arena.allocate(Math.max(64, kernel.scratchBytes()), 64);
  }

  @Test
  void closedSourcesAndDestinationsThrow() {
    TileTask source;
    TileTask destination;
    try (Arena brief = Arena.ofShared()) {
      source = kernel.bind(List.of(image(brief), MemorySegment.NULL), image(arena));
      destination = kernel.bind(List.of(image(arena), MemorySegment.NULL), image(brief));
      source.run(0, kernel.tiles(), scratch());
    }
    for (TileTask task : List.of(source, destination)) {
      Exception e =
          assertThrows(IllegalStateException.class, () -> task.run(0, kernel.tiles(), scratch()));
      assertTrue(e.getMessage().contains("arena is closed"), e::getMessage);
    }
  }

  @Test
  void scratchOnTheHeapOrClosedThrows() {
    TileTask task = kernel.bind(List.of(image(arena), MemorySegment.NULL), image(arena));
    MemorySegment heap = MemorySegment.ofArray(new byte[(int) scratch().byteSize()]);
    MemorySegment closed;
    try (Arena brief = Arena.ofShared()) {
      closed = brief.allocate(scratch().byteSize(), 64);
    }
    for (MemorySegment scratch : List.of(heap, closed)) {
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> task.run(0, kernel.tiles(), scratch));
      assertTrue(e.getMessage().contains("off-heap scratch"), e::getMessage);
    }
  }
}
