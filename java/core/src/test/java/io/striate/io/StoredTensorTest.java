package io.striate.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.base.Fingerprint;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large tensors that stay in their file. */
class StoredTensorTest {
  /** More than one piece with checksums, and no whole number of parts. */
  private static final int LARGE = (3 << 20) / Float.BYTES + 5;

  @TempDir Path folder;
  private Path path;
  private float[] large;
  private StoredTensor stored;

  @BeforeEach
  void write() throws IOException {
    path = folder.resolve("w.safetensors");
    large = new float[LARGE];
    for (int i = 0; i < LARGE; i++) {
      large[i] = (float) Math.sin(i);
    }
    Safetensors.write(
        path,
        Map.of("large", Tensor.of(Shape.of(LARGE), large), "small", Tensor.of(Shape.of(2), 1, 2)),
        Map.of());
    stored = Safetensors.stored(path).get("large");
  }

  private float[] read() {
    try (Arena arena = Arena.ofConfined()) {
      return stored.read(arena).toArray();
    }
  }

  @Test
  void onlySmallTensorsAreInMemory() throws IOException {
    Map<String, StoredTensor> all = Safetensors.stored(path);
    assertEquals(Safetensors.load(path).keySet(), all.keySet());
    assertTrue(all.get("small").inMemory());
    assertFalse(all.get("large").inMemory());
    try (Arena arena = Arena.ofConfined()) {
      assertSame(all.get("small").read(arena), all.get("small").read(arena));
      Tensor first = all.get("large").read(arena);
      Tensor second = all.get("large").read(arena);
      assertNotEquals(first.data().address(), second.data().address(), "for the caller alone");
      assertArrayEquals(large, first.toArray());
      assertArrayEquals(large, second.toArray());
    }
  }

  @Test
  void theFingerprintIsThatOfTheData() {
    MemorySegment data = Tensor.of(Shape.of(LARGE), large).data();
    long[] sums = stored.fingerprint().orElseThrow();
    assertEquals(2, sums.length);
    for (int i = 0; i < sums.length; i++) {
      assertEquals(Fingerprint.ofPiece(data, i), sums[i]);
    }
    assertNotEquals(sums[0], sums[1]);
  }

  @Test
  void aFileThatIsReplacedOrDeletedStaysWhatItWas() throws IOException {
    Path other = folder.resolve("other");
    Files.write(other, new byte[100]);
    Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
    assertArrayEquals(large, read());
    Files.delete(path);
    assertArrayEquals(large, read());
  }

  @Test
  void writingIntoTheFileIsAnError() throws IOException {
    long size = Files.size(path);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(size - 100);
      int old = file.read();
      file.seek(size - 100);
      file.write(old ^ 1);
      String message = assertThrows(StriateException.class, this::read).getMessage();
      assertTrue(message.contains("was changed after its weights were loaded"), message);
      assertTrue(message.contains("\"large\"") && message.contains("Load the file again"), message);
      file.seek(size - 100);
      file.write(old);
      assertArrayEquals(large, read());
      file.setLength(size - 1000);
      message = assertThrows(StriateException.class, this::read).getMessage();
      assertTrue(message.contains("was shortened"), message);
    }
  }

  @Test
  void interruptedThreadsReadOnAndStayInterrupted() throws InterruptedException {
    AtomicReference<float[]> data = new AtomicReference<>();
    AtomicReference<Boolean> still = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  Thread.currentThread().interrupt();
                  data.set(read());
                  still.set(Thread.interrupted());
                });
    thread.join();
    assertArrayEquals(large, data.get());
    assertTrue(still.get());
    assertArrayEquals(large, read(), "nor is the file lost to others");
  }

  /** An interruption in the middle of a call closes the channel for all threads. */
  @Test
  void closedChannelsAreOpenedAnew() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (int i = 0; i < 50; i++) {
                      assertArrayEquals(large, read());
                    }
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                });
    while (reader.isAlive()) {
      reader.interrupt();
      assertArrayEquals(large, read());
    }
    reader.join();
    assertEquals(null, failure.get());
  }
}
