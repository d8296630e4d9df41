package io.striate.io;

import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes safetensors files; see {@link Safetensors#write}. */
final class SafetensorsWriter {
  private static final int DATA_ALIGNMENT = 64;
  private static final int CHUNK_BYTES = 1 << 16;

  private SafetensorsWriter() {}

  static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Map.Entry<String, Tensor>> order = new ArrayList<>(tensors.entrySet());
    order.sort(
        Comparator.<Map.Entry<String, Tensor>>comparingInt(
                e -> -e.getValue().desc().dtype().bytes())
            .thenComparing(Map.Entry::getKey));
    byte[] header = header(order, metadata);
    AtomicFile.write(
        path,
        channel -> {
          ByteBuffer length =
              ByteBuffer.allocate(Safetensors.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
          AtomicFile.writeFully(channel, length.putLong(header.length).flip());
          AtomicFile.writeFully(channel, ByteBuffer.wrap(header));
          for (Map.Entry<String, Tensor> entry : order) {
            writeData(channel, entry.getValue());
          }
        });
  }

  private static byte[] header(
      List<Map.Entry<String, Tensor>> order, Map<String, String> metadata) {
    List<String> members = new ArrayList<>();
    if (!metadata.isEmpty()) {
      members.add(
          "\"__metadata__\":"
              + new TreeMap<>(metadata)
                  .entrySet().stream()
                      .map(e -> Json.quote(e.getKey()) + ":" + Json.quote(e.getValue()))
                      .collect(Collectors.joining(",", "{", "}")));
    }
    long at = 0;
    for (Map.Entry<String, Tensor> entry : order) {
      if (entry.getKey().equals("__metadata__")) {
        throw new IllegalArgumentException("a tensor may not be called __metadata__; rename it");
      }
      Tensor tensor = entry.getValue();
      long end = at + tensor.shape().elements() * tensor.desc().dtype().bytes();
      String dims =
          Arrays.stream(tensor.shape().dims())
              .mapToObj(Long::toString)
              .collect(Collectors.joining(","));
      members.add(
          Json.quote(entry.getKey())
              + (":{\"dtype\":\""
                  + Safetensors.dtypeName(tensor.desc().dtype())
                  + "\",\"shape\":["
                  + dims)
              + ("],\"data_offsets\":[" + at + "," + end + "]}"));
      at = end;
    }
    byte[] json = ("{" + String.join(",", members) + "}").getBytes(StandardCharsets.UTF_8);
    int padded =
        Math.ceilDiv(json.length + Safetensors.LENGTH_BYTES, DATA_ALIGNMENT) * DATA_ALIGNMENT
            - Safetensors.LENGTH_BYTES;
    if (padded > Safetensors.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header of "
              + order.size()
              + " tensors takes "
              + padded
              + " bytes, above the limit of "
              + Safetensors.MAX_HEADER_BYTES
              + "; spread them over several files");
    }
    byte[] out = Arrays.copyOf(json, padded);
    Arrays.fill(out, json.length, padded, (byte) ' ');
    return out;
  }

  /** Writes the elements in row-major order through one small buffer, whatever the layout. */
  private static void writeData(FileChannel channel, Tensor tensor) throws IOException {
    int size = tensor.desc().dtype().bytes();
    byte[] chunk = new byte[CHUNK_BYTES];
    MemorySegment buffer = MemorySegment.ofArray(chunk);
    MemorySegment data = tensor.data();
    int[] filled = {0};
    try {
      Rows.forEach(
          tensor.desc(),
          (first, step, count, index) -> {
            for (long i = 0; i < count; ) {
              long room = Math.min(count - i, (CHUNK_BYTES - filled[0]) / size);
              if (step == 1) {
                MemorySegment.copy(data, (first + i) * size, buffer, filled[0], room * size);
              } else {
                for (long j = 0; j < room; j++) {
                  MemorySegment.copy(
                      data,
                      ValueLayout.JAVA_BYTE,
                      (first + (i + j) * step) * size,
                      buffer,
                      ValueLayout.JAVA_BYTE,
                      filled[0] + j * size,
                      size);
                }
              }
              i += room;
              filled[0] += (int) (room * size);
              if (filled[0] == CHUNK_BYTES) {
                flush(channel, chunk, filled);
              }
            }
          });
      flush(channel, chunk, filled);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void flush(FileChannel channel, byte[] chunk, int[] filled) {
    try {
      AtomicFile.writeFully(channel, ByteBuffer.wrap(chunk, 0, filled[0]));
      filled[0] = 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
