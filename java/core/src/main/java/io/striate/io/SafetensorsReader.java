package io.striate.io;

import io.striate.base.Memory;
import io.striate.base.Shares;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tensors of a safetensors file as f32 into memory of the process: all of them, or all
 * but large ones, which are only looked through then and read when they are needed. What is f32
 * already is read from the file to where it will stay, in pieces that several threads share; not
 * copied from the mapped file, which would cost a fault for every few pages and end badly if
 * somebody shortened the file meanwhile.
 */
final class SafetensorsReader {
  /** Bytes that a thread reads at a time. */
  private static final long PIECE = 2 << 20;

  /** A tensor of so many bytes has a block of memory of its own, a large page at least. */
  private static final long LARGE = 2 << 20;

  /** Smaller tensors share blocks of about so many bytes, which are kept as long as one of them. */
  private static final long BLOCK = 8 << 20;

  private final TensorFile tensors;
  private final Safetensors file;
  private final Map<String, Tensor> read = new ConcurrentHashMap<>();
  private final Map<String, StoredTensor> left = new HashMap<>();
  private final List<Runnable> work = new ArrayList<>();

  private SafetensorsReader(TensorFile tensors, Safetensors file) {
    this.tensors = tensors;
    this.file = file;
  }

  /** All tensors. */
  static Map<String, Tensor> read(Path path) throws IOException {
    try (TensorFile tensors = TensorFile.open(path);
        Safetensors file = Safetensors.map(path, tensors.held().channel())) {
      SafetensorsReader reader = new SafetensorsReader(tensors, file);
      reader.run(Long.MAX_VALUE);
      return reader.ordered(reader.read::get);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** All tensors, of which large ones are left in the file, which stays open. */
  static Map<String, StoredTensor> open(Path path) throws IOException {
    TensorFile tensors = TensorFile.open(path);
    try (Safetensors file = Safetensors.map(path, tensors.held().channel())) {
      SafetensorsReader reader = new SafetensorsReader(tensors, file);
      reader.run(TensorFile.LARGE);
      return reader.ordered(
          name -> {
            Tensor tensor = reader.read.get(name);
            return tensor == null ? reader.left.get(name) : StoredTensor.of(tensor);
          });
    } catch (UncheckedIOException e) {
      tensors.close();
      throw e.getCause();
    } catch (IOException | RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  private <T> Map<String, T> ordered(Function<String, @Nullable T> tensor) {
    Map<String, T> ordered = new LinkedHashMap<>();
    file.names().forEach(name -> ordered.put(name, Objects.requireNonNull(tensor.apply(name))));
    return Collections.unmodifiableMap(ordered);
  }

  /** Reads what has fewer bytes than {@code leave}, and looks through the rest. */
  private void run(long leave) {
    List<String> block = new ArrayList<>();
    long bytes = 0;
    for (String name : file.names()) {
      Safetensors.Entry entry = file.entry(name);
      if (!entry.dtype().equals("F32")) {
        work.add(() -> read.put(name, file.toF32(name)));
      } else if (size(name) >= leave) {
        Shape shape = file.desc(entry, DType.F32).shape();
        left.put(name, tensors.floats(name, shape, file.begin() + entry.begin()));
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
    work.addAll(tensors.work());
    Shares.run(Runtime.getRuntime().availableProcessors(), work.size(), i -> work.get(i).run());
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
        work.add(() -> tensors.held().read(piece.asByteBuffer(), offset));
      }
    }
  }
}
