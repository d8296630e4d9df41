package io.striate.exec;

import io.striate.base.Fingerprint;
import io.striate.base.Shares;
import io.striate.graph.Constant;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What packed weights depend on, as 64 hexadecimal digits: the SHA-256 of a text with all nodes of
 * the graph before and after the passes, shapes and options, the processor, and the {@link
 * Fingerprint} of every constant.
 */
final class WeightKey {
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
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> text.append(e).append('\n'));
    options.tuneCache().ifPresent(file -> text.append(state(file)).append('\n'));
    describe(graph, text);
    describe(prepared, text);
    constants(graph, options.threads(), text);
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

  /** Every constant with its fingerprint, of whose pieces the threads take those not known yet. */
  private static void constants(Graph graph, int threads, StringBuilder text) {
    record Piece(MemorySegment all, int index, long[] sums) {}
    List<long[]> sums = new ArrayList<>();
    List<Piece> pieces = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) { // shared: the threads read it
      for (Constant c : graph.constants().values()) {
        Optional<long[]> known = c.fingerprint();
        if (known.isPresent()) {
          sums.add(known.get());
          continue;
        }
        MemorySegment all = c.data(arena).data().asSlice(0, c.desc().spanBytes());
        long[] own = new long[Fingerprint.pieces(all.byteSize())];
        for (int i = 0; i < own.length; i++) {
          pieces.add(new Piece(all, i, own));
        }
        sums.add(own);
      }
      Shares.run(
          threads,
          pieces.size(),
          i -> {
            Piece p = pieces.get(i);
            p.sums()[p.index()] = Fingerprint.ofPiece(p.all(), p.index());
          });
    }
    int at = 0;
    for (Map.Entry<Value, Constant> e : graph.constants().entrySet()) {
      text.append(e.getKey().name()).append(' ').append(e.getValue().desc());
      for (long sum : sums.get(at++)) {
        text.append(' ').append(Long.toHexString(sum));
      }
      text.append('\n');
    }
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
