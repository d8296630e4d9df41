package io.striate.io;

import io.striate.StriateException;
import io.striate.base.Memory;
import io.striate.base.Shares;
import io.striate.tensor.DType;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads all tensors of a safetensors file as f32 into memory of the process. What is f32 already is
 * read from the file to where it will stay, in pieces that several threads share; not copied from
 * the mapped file, which would cost a fault for every few pages and end badly if somebody shortened
 * the file meanwhile.
 */
final class SafetensorsReader {
  /** Bytes that a thread reads at a time. */
  private static final long PIECE = 2 << 20;

  /** A tensor of so many bytes has a block of memory of its own, a large page at least. */
  private static final long LARGE = 2 << 20;

  /** Smaller tensors share blocks of about so many bytes, which are kept as long as one of them. */
  private static final long BLOCK = 8 << 20;

  private final Path path;
  private final FileChannel channel;
  private final Safetensors file;
  private final Map<String, Tensor> read = new ConcurrentHashMap<>();
  private final List<Runnable> work = new ArrayList<>();

  private SafetensorsReader(Path path, FileChannel channel, Safetensors file) {
    this.path = path;
    this.channel = channel;
    this.file = file;
  }

  static Map<String, Tensor> read(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        Safetensors file = Safetensors.map(path, channel)) {
      return new SafetensorsReader(path, channel, file).read();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private Map<String, Tensor> read() {
    List<String> block = new ArrayList<>();
    long bytes = 0;
    for (String name : file.names()) {
      Safetensors.Entry entry = file.entry(name);
      if (!entry.dtype().equals("F32")) {
        work.add(() -> read.put(name, file.toF32(name)));
      } else if (size(name) >= LARGE) {
        plan(List.of(name), size(name));
      } else {
        block.add(name);
        bytes += size(name);
        if (bytes >= BLOCK) {
          plan(block, bytes);
          block.clear();
          bytes = 0;
        }
      }
    }
    plan(block, bytes);
    Shares.run(Runtime.getRuntime().availableProcessors(), work.size(), i -> work.get(i).run());
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    file.names().forEach(name -> ordered.put(name, Objects.requireNonNull(read.get(name))));
    return Collections.unmodifiableMap(ordered);
  }

  /** Bytes of a tensor up to the next one in its block. */
  private long size(String name) {
    Safetensors.Entry entry = file.entry(name);
    return (entry.end() - entry.begin() + Memory.ALIGNMENT - 1) & -Memory.ALIGNMENT;
  }

  /** Makes tensors in a block of {@code bytes} bytes, and the work that fills them. */
  private void plan(List<String> names, long bytes) {
    if (names.isEmpty()) {
      return;
    }
    MemorySegment block = Memory.allocate(bytes, Arena.ofAuto());
    long at = 0;
    for (String name : names) {
      Safetensors.Entry entry = file.entry(name);
      MemorySegment data = block.asSlice(at, entry.end() - entry.begin());
      read.put(name, new Tensor(file.desc(entry, DType.F32), data));
      at += size(name);
      for (long from = 0; from < data.byteSize(); from += PIECE) {
        MemorySegment piece = data.asSlice(from, Math.min(PIECE, data.byteSize() - from));
        long offset = file.begin() + entry.begin() + from;
        work.add(() -> fill(piece.asByteBuffer(), offset));
      }
    }
  }

  private void fill(ByteBuffer target, long offset) {
    try {
      for (long at = offset; target.hasRemaining(); ) {
        int n = channel.read(target, at);
        if (n < 0) {
          throw new StriateException(path + " was shortened while it was read");
        }
        at += n;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
