package io.striate.bindings;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What crosses the boundary, and the life of contexts and kernels, seen from a fake library. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("restricted")
class KernelTest {
  @TempDir static Path temp;

  private NativeLibrary library;
  private SymbolLookup symbols;

  @BeforeAll
  void build() throws Exception {
    Path file = CCompiler.fake(temp, "striate");
    LoadSettings settings = LoadSettings.current().withLibraryFolder(temp);
    library = NativeLibrary.load("striate", settings).orThrow();
    symbols = SymbolLookup.libraryLookup(file, Arena.global());
  }

  @BeforeEach
  void reset() {
    set("fake_hold", 0);
    set("fake_destroyed_while_running", 0);
  }

  private MemorySegment symbol(String name, long size) {
    return symbols.findOrThrow(name).reinterpret(size);
  }

  private long get(String name) {
    return (long) JAVA_LONG.varHandle().getVolatile(symbol(name, 8), 0L);
  }

  private void set(String name, long value) {
    JAVA_LONG.varHandle().setVolatile(symbol(name, 8), 0L, value);
  }

  private static NativeRequest unary(int op) {
    NativeTensor tensor = new NativeTensor(Abi.F32, new long[] {2, 3}, new long[] {7, -1});
    return new NativeRequest(
        op,
        new NativeParams.Unary(Abi.ACT_CLIP, -1.5f, 2.5f),
        List.of(tensor),
        List.of(),
        List.of(tensor),
        3,
        null,
        Abi.ACCURACY_STRICT);
  }

  @Test
  void copiesComeAndGo() {
    long kernels = get("fake_live_kernels");
    try (NativeContext context = library.createContext(Abi.ISA_ANY);
        NativeKernel kernel = context.createKernel(unary(Abi.OP_UNARY));
        Arena arena = Arena.ofConfined()) {
      MemorySegment copy = library.allocate(kernel.copyBytes(), arena);
      assertEquals(8, copy.byteSize());
      assertEquals(0, copy.address() % 64);
      kernel.copyTo(copy);
      assertEquals("a copy!", copy.getString(0));
      try (NativeKernel restored = context.restoreKernel(unary(Abi.OP_UNARY), copy)) {
        assertEquals(kernel.id(), restored.id());
      }
      NativeException shorter =
          assertThrows(NativeException.class, () -> kernel.copyTo(copy.asSlice(0, 7)));
      assertEquals(Abi.INVALID_ARGUMENT, shorter.status());
      copy.fill((byte) 0);
      assertThrows(NativeException.class, () -> context.restoreKernel(unary(Abi.OP_UNARY), copy));
    }
    assertEquals(kernels, get("fake_live_kernels"));
  }

  @Test
  void theRequestArrivesAsWritten() {
    long[] two = {3, 5};
    NativeParams.Window window =
        new NativeParams.Window(
            two, new long[] {1, 2}, new long[] {2, 1}, new long[] {0, 4}, new long[] {6, 7});
    NativeParams.Epilogue epilogue =
        new NativeParams.Epilogue(true, false, Abi.ACT_ELU, 0.25f, 0.5f);
    NativeTensor x = new NativeTensor(Abi.F32, new long[] {1, 2, 3, 4}, new long[] {9, 8, -7, 6});
    NativeTensor y = new NativeTensor(Abi.S8, new long[] {5}, new long[] {1});
    try (NativeContext context = library.createContext(Abi.ISA_AVX2);
        Arena arena = Arena.ofConfined()) {
      MemorySegment weights = arena.allocate(64);
      NativeRequest request =
          new NativeRequest(
              Abi.OP_CONV,
              new NativeParams.Conv(4, window, epilogue),
              List.of(x, y),
              java.util.Arrays.asList(null, weights),
              List.of(y),
              6,
              "some/id",
              Abi.ACCURACY_FAST);
      try (NativeKernel kernel = context.createKernel(request)) {
        assertEquals("named/some/id", kernel.id());
        assertEquals(7, kernel.tiles());
        assertEquals(4096, kernel.scratchBytes());
        assertEquals(5_000_000_000L, kernel.packedBytes());
      }
      assertEquals(Abi.ISA_AVX2, context.isa());
    }
    MemorySegment seen = symbol("fake_request", Structs.KERNEL_REQUEST.byteSize());
    assertEquals(Abi.OP_CONV, intOf(seen, "op"));
    assertEquals(2, intOf(seen, "src_count"));
    assertEquals(1, intOf(seen, "dst_count"));
    assertEquals(6, intOf(seen, "threads"));
    assertEquals(Abi.ACCURACY_FAST, intOf(seen, "accuracy"));
    assertEquals(
        Structs.CONV_PARAMS.byteSize(),
        seen.get(JAVA_LONG, Structs.offset(Structs.KERNEL_REQUEST, "params_bytes")));
    MemorySegment src = symbol("fake_src0", Structs.TENSOR_DESC.byteSize());
    assertEquals(Abi.F32, src.get(JAVA_INT, 0));
    assertEquals(4, src.get(JAVA_INT, 4));
    assertArrayEquals(new long[] {1, 2, 3, 4}, src.asSlice(8, 32).toArray(JAVA_LONG));
    assertArrayEquals(new long[] {9, 8, -7, 6}, src.asSlice(72, 32).toArray(JAVA_LONG));
    assertEquals(Abi.S8, symbol("fake_dst0", 8).get(JAVA_INT, 0));
    MemorySegment params = symbol("fake_params", Structs.CONV_PARAMS.byteSize());
    assertEquals(2, params.get(JAVA_INT, 0));
    assertEquals(4, params.get(JAVA_LONG, 8));
    // kernel, stride, dilation, pad_begin, pad_end: three entries each, the third unused.
    assertArrayEquals(
        new long[] {3, 5, 0, 1, 2, 0, 2, 1, 0, 0, 4, 0, 6, 7, 0},
        params.asSlice(16, 120).toArray(JAVA_LONG));
    assertArrayEquals(new int[] {1, 0, Abi.ACT_ELU}, params.asSlice(136, 12).toArray(JAVA_INT));
    assertArrayEquals(new float[] {0.25f, 0.5f}, params.asSlice(148, 8).toArray(JAVA_FLOAT));
  }

  private static int intOf(MemorySegment request, String member) {
    return request.get(JAVA_INT, Structs.offset(Structs.KERNEL_REQUEST, member));
  }

  @Test
  void failuresCarryStatusAndText() {
    NativeException missing = assertThrows(NativeException.class, () -> library.createContext(99));
    assertEquals(Abi.UNSUPPORTED, missing.status());
    assertTrue(missing.getMessage().contains("café"), missing.getMessage());
    assertTrue(missing.getMessage().contains("UNSUPPORTED"), missing.getMessage());
    try (NativeContext context = library.createContext(Abi.ISA_ANY)) {
      NativeException refused =
          assertThrows(NativeException.class, () -> context.createKernel(unary(Abi.OP_COPY)));
      assertEquals(Abi.UNSUPPORTED, refused.status());
      assertTrue(refused.getMessage().contains("e".repeat(507)));
      assertFalse(refused.getMessage().contains("e".repeat(508)));
      assertEquals(Collections.nCopies(1000, "fake/kernel"), context.kernels(unary(Abi.OP_UNARY)));
      NativeRequest empty =
          new NativeRequest(
              Abi.OP_UNARY, null, List.of(), List.of(), List.of(), 1, null, Abi.ACCURACY_DEFAULT);
      NativeException invalid = assertThrows(NativeException.class, () -> context.kernels(empty));
      assertEquals(Abi.INVALID_ARGUMENT, invalid.status());
      try (NativeKernel kernel = context.createKernel(unary(Abi.OP_UNARY))) {
        NativeException failed =
            assertThrows(NativeException.class, () -> kernel.run(0, 0, -1, 2, 0));
        assertEquals(Abi.INTERNAL, failed.status());
        assertTrue(failed.getMessage().contains("fake/kernel"), failed.getMessage());
      }
    }
  }

  @Test
  void closedObjectsThrow() {
    long contexts = get("fake_live_contexts");
    long kernels = get("fake_live_kernels");
    NativeContext context = library.createContext(Abi.ISA_ANY);
    NativeKernel kernel = context.createKernel(unary(Abi.OP_UNARY));
    context.close();
    context.close();
    assertThrows(IllegalStateException.class, context::isa);
    assertThrows(IllegalStateException.class, () -> context.createKernel(unary(Abi.OP_UNARY)));
    assertThrows(IllegalStateException.class, () -> context.kernels(unary(Abi.OP_UNARY)));
    assertEquals(contexts + 1, get("fake_live_contexts"), "its kernel keeps the context alive");
    kernel.run(0, 0, 0, 7, 0);
    assertFalse(kernel.isClosed());
    kernel.close();
    kernel.close();
    assertTrue(kernel.isClosed());
    IllegalStateException closed =
        assertThrows(IllegalStateException.class, () -> kernel.run(0, 0, 0, 7, 0));
    assertTrue(closed.getMessage().contains("fake/kernel is closed"), closed.getMessage());
    assertEquals(kernels, get("fake_live_kernels"));
    assertEquals(contexts, get("fake_live_contexts"), "and lets go of it");
  }

  @Test
  void closeWaitsForRunsInFlight() throws Exception {
    NativeContext context = library.createContext(Abi.ISA_ANY);
    NativeKernel kernel = context.createKernel(unary(Abi.OP_UNARY));
    long kernels = get("fake_live_kernels");
    set("fake_hold", 1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      threads.add(Thread.ofPlatform().start(() -> kernel.run(0, 0, 0, 7, 0)));
    }
    while (get("fake_running") < 2) {
      Thread.sleep(1);
    }
    kernel.close();
    context.close();
    assertEquals(kernels, get("fake_live_kernels"), "not freed under the runs");
    assertThrows(IllegalStateException.class, () -> kernel.run(0, 0, 0, 7, 0));
    set("fake_hold", 0);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(kernels - 1, get("fake_live_kernels"));
    assertEquals(0, get("fake_destroyed_while_running"));
  }

  @Test
  void closeRacingWithRuns() throws Exception {
    for (int round = 0; round < 200; round++) {
      NativeContext context = library.createContext(Abi.ISA_ANY);
      NativeKernel kernel = context.createKernel(unary(Abi.OP_UNARY));
      long before = get("fake_live_kernels");
      Thread runner =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 100_000; i++) {
                        kernel.run(0, 0, 0, 7, 0);
                      }
                    } catch (IllegalStateException expected) {
                      return;
                    }
                  });
      Thread.onSpinWait();
      kernel.close();
      context.close();
      runner.join();
      assertEquals(before - 1, get("fake_live_kernels"));
      assertEquals(0, get("fake_destroyed_while_running"));
    }
  }

  @Test
  void runComputesAndAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (NativeContext context = library.createContext(Abi.ISA_ANY);
        NativeKernel kernel = context.createKernel(unary(Abi.OP_UNARY));
        Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocateFrom(JAVA_FLOAT, 40);
      MemorySegment y = arena.allocate(JAVA_FLOAT);
      long src = arena.allocateFrom(ValueLayout.ADDRESS, x).address();
      long dst = arena.allocateFrom(ValueLayout.ADDRESS, y).address();
      kernel.run(src, dst, 2, 4, 0);
      assertEquals(42, y.get(JAVA_FLOAT, 0));
      for (int i = 0; i < 50_000; i++) {
        kernel.run(src, dst, 0, 7, 0);
      }
      long id = Thread.currentThread().threadId();
      long before = threads.getThreadAllocatedBytes(id);
      for (int i = 0; i < 100_000; i++) {
        kernel.run(src, dst, 0, 7, 0);
      }
      long allocated = threads.getThreadAllocatedBytes(id) - before;
      assertTrue(allocated < 10_000, allocated + " bytes in 100000 runs");
    }
  }

  @Test
  void requestsAreCheckedBeforeTheyCross() {
    long[] one = {1};
    assertThrows(IllegalArgumentException.class, () -> new NativeTensor(Abi.F32, one, new long[2]));
    assertThrows(
        IllegalArgumentException.class, () -> new NativeTensor(Abi.F32, new long[9], new long[9]));
    assertThrows(
        IllegalArgumentException.class,
        () -> new NativeParams.Window(one, one, one, one, new long[2]));
    NativeTensor tensor = new NativeTensor(Abi.F32, one, one);
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new NativeRequest(
                Abi.OP_UNARY,
                null,
                List.of(tensor),
                List.of(MemorySegment.ofArray(new float[1])),
                List.of(tensor),
                1,
                null,
                Abi.ACCURACY_DEFAULT));
  }
}
