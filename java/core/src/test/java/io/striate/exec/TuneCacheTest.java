package io.striate.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuneCacheTest {
  @TempDir Path folder;

  private static TuneCache.Entry entry(String request, long nanos) {
    return new TuneCache.Entry(
        new TuneCache.Key("some cpu", "cpu", request),
        new TuneCache.Time("cpu", "conv/fast", nanos),
        "a library",
        List.of(
            new TuneCache.Time("cpu", "conv/slow", 2 * nanos),
            new TuneCache.Time("vector", "conv/v", 3 * nanos)));
  }

  @Test
  void entriesComeBackAndEqualKeysAreReplaced() {
    Path file = folder.resolve("new folder").resolve("tuning.txt");
    TuneCache.add(file, List.of(entry("one", 10), entry("two\twith\na tab", 20)));
    TuneCache.add(file, List.of(entry("one", 11), entry("three", 30)));
    TuneCache read = TuneCache.read(file);
    assertEquals(Optional.of(entry("one", 11)), read.find(entry("one", 0).key()));
    assertEquals(
        Optional.of(entry("two with a tab", 20)), read.find(entry("two with a tab", 0).key()));
    assertEquals(Optional.of(entry("three", 30)), read.find(entry("three", 0).key()));
    assertEquals(0, read.damaged());
    assertEquals(Optional.empty(), read.find(new TuneCache.Key("another cpu", "cpu", "one")));
    assertEquals(Optional.empty(), read.find(new TuneCache.Key("some cpu", "onednn", "one")));
  }

  @Test
  void missingFileHasNoEntries() {
    TuneCache read = TuneCache.read(folder.resolve("none"));
    assertEquals(Optional.empty(), read.find(entry("one", 0).key()));
  }

  @Test
  void damagedLinesAreLeftOutAndReplaced() throws IOException {
    Path file = folder.resolve("tuning.txt");
    TuneCache.add(file, List.of(entry("one", 10), entry("two", 20), entry("three", 30)));
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(1, lines.get(1).replace("conv/fast", "conv/slow")); // would be a wrong choice
    lines.set(2, lines.get(2).substring(0, 30)); // as a full disk leaves it
    Files.write(file, lines);
    TuneCache read = TuneCache.read(file);
    assertEquals(2, read.damaged());
    assertEquals(Optional.empty(), read.find(entry("one", 0).key()));
    assertEquals(Optional.of(entry("three", 30)), read.find(entry("three", 0).key()));
    TuneCache.add(file, List.of(entry("one", 12)));
    assertEquals(0, TuneCache.read(file).damaged());
    assertEquals(
        Optional.of(entry("three", 30)), TuneCache.read(file).find(entry("three", 0).key()));
  }

  @Test
  void otherFilesAreRefusedAndStay() throws IOException {
    for (byte[] content :
        List.of(
            "a letter".getBytes(StandardCharsets.UTF_8),
            new byte[] {(byte) 0xff, 0},
            new byte[0])) {
      Path file = folder.resolve("letter");
      Files.write(file, content);
      for (Runnable use :
          List.<Runnable>of(
              () -> TuneCache.read(file), () -> TuneCache.add(file, List.of(entry("one", 1))))) {
        String message = assertThrows(StriateException.class, use::run).getMessage();
        assertTrue(message.contains(file.toString()) && message.contains("delete it"), message);
      }
      assertEquals(content.length, Files.size(file));
    }
  }

  @Test
  void fileThatCannotBeWrittenIsNamed() throws IOException {
    Path notAFolder = Files.createFile(folder.resolve("file"));
    Path file = notAFolder.resolve("tuning.txt");
    String message =
        assertThrows(StriateException.class, () -> TuneCache.add(file, List.of(entry("one", 1))))
            .getMessage();
    assertTrue(message.contains(file.toString()), message);
  }

  @Test
  void manyWritersLoseNothing() throws InterruptedException, IOException {
    Path file = folder.resolve("tuning.txt");
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int own = t;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 10; i++) {
                      TuneCache.add(file, List.of(entry(own + "/" + i, 1 + i)));
                    }
                  }));
    }
    for (Thread t : threads) {
      t.join();
    }
    TuneCache read = TuneCache.read(file);
    for (int i = 0; i < 40; i++) {
      TuneCache.Entry expected = entry(i / 10 + "/" + i % 10, 1 + i % 10);
      assertEquals(Optional.of(expected), read.find(expected.key()));
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          List.of("tuning.txt", "tuning.txt.lock"),
          left.map(p -> p.getFileName().toString()).sorted().toList());
    }
  }
}
