package io.striate.exec;

import io.striate.base.Shares;
import io.striate.graph.Constant;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * What packed weights depend on, as 64 hexadecimal digits: the SHA-256 of a text with all nodes of
 * the graph before and after the passes, shapes and options, the processor, and two checksums
 * (CRC-32 and CRC-32C, independent polynomials, 64 bits together) of every 8 MB of every constant.
 */
final class WeightKey {
  static final long PIECE = 8 << 20;

  /** Bytes that stay in the L2 cache between two passes over them. */
  static final long PART = 256 << 10;

  /** To be raised when a pass comes to make other values of constants without another graph. */
  private static final int PASSES = 1;

  private WeightKey() {}

  /**
   * The key.
   *
   * @param graph with the constants that the passes start from, whose values are at hand
   * @param prepared what they make of it, whose constants may be permuted or scaled; of them the
   *     text knows the names only, so that none has to be made
   */
  static String of(Graph graph, Graph prepared, Options options) {
    StringBuilder text = new StringBuilder();
    text.append(Cpu.NAME).append(' ').append(PASSES).append('\n');
    text.append(options.strategy()).append(' ').append(options.batch()).append(' ');
    text.append(options.threads()).append(' ').append(options.accuracy()).append(' ');
    text.append(options.dataFormat()).append(' ').append(options.optimize()).append('\n');
    options.kernels().entrySet().stream()
        .sorted(java.util.Map.Entry.comparingByKey())
        .forEach(e -> text.append(e).append('\n'));
    options.tuneCache().ifPresent(file -> text.append(state(file)).append('\n'));
    describe(graph, text);
    describe(prepared, text);
    List<MemorySegment> pieces = new ArrayList<>();
    graph.constants().forEach((v, c) -> add(v, c, text, pieces));
    long[] sums = new long[pieces.size()];
    Shares.run(options.threads(), sums.length, i -> sums[i] = sum(pieces.get(i)));
    for (long s : sums) {
      text.append(Long.toHexString(s)).append('\n');
    }
    return sha256(text.toString());
  }

  private static void describe(Graph graph, StringBuilder text) {
    graph.inputs().forEach(v -> text.append(v).append('\n'));
    for (Node node : graph.nodes()) {
      text.append(node.name()).append(' ').append(node.op());
      node.inputs().forEach(v -> text.append(' ').append(v.name()));
      text.append(" to");
      node.outputs().forEach(v -> text.append(' ').append(v));
      text.append('\n');
    }
    graph.outputs().forEach(v -> text.append(v.name()).append('\n'));
  }

  /** A tuning file that changed may choose other kernels. */
  private static String state(Path file) {
    try {
      return Files.exists(file)
          ? file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file)
          : "untuned";
    } catch (IOException e) {
      return "unreadable";
    }
  }

  private static void add(Value v, Constant c, StringBuilder text, List<MemorySegment> pieces) {
    text.append(v.name()).append(' ').append(c.desc()).append('\n');
    MemorySegment data = c.data().data();
    long bytes = c.desc().spanBytes();
    for (long at = 0; at < bytes; at += PIECE) {
      pieces.add(data.asSlice(at, Math.min(PIECE, bytes - at)));
    }
  }

  private static long sum(MemorySegment piece) {
    CRC32 first = new CRC32();
    CRC32C second = new CRC32C();
    // A part at a time, which the second finds in the cache.
    for (long at = 0; at < piece.byteSize(); at += PART) {
      ByteBuffer part = piece.asSlice(at, Math.min(PART, piece.byteSize() - at)).asByteBuffer();
      first.update(part.duplicate());
      second.update(part);
    }
    return first.getValue() << 32 | second.getValue();
  }

  static long crc32(MemorySegment piece) {
    CRC32 crc = new CRC32();
    crc.update(piece.asByteBuffer());
    return crc.getValue();
  }

  private static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
