package io.striate.exec;

import io.striate.StriateException;
import io.striate.base.Fingerprint;
import io.striate.base.Shares;
import io.striate.graph.Graph;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Operand;
import io.striate.op.Provider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A folder with packed weights, a file per compiled model: {@link Options#weightCache}.
 *
 * <p>A file holds, big-endian: {@code STRIATEW}, the version, the header's bytes and CRC-32, the
 * file's bytes; the header with the {@link WeightKey}, and for every step whose kernel offers a
 * copy its name, provider, the provider's copy format, kernel id, the words of {@code explain}, and
 * place, size and CRC-32 of every {@value #PIECE_MIB} MiB of the copy; then the copies.
 *
 * <p>Files are read into memory of this process and checked, not mapped: a mapped file that
 * somebody shortens would end the JVM in the middle of a kernel, and packed weights then lie on
 * large pages.
 */
final class WeightCache {
  private static final byte[] MAGIC = {'S', 'T', 'R', 'I', 'A', 'T', 'E', 'W'};
  private static final int VERSION = 1;
  private static final int FIXED_BYTES = 32;
  private static final int PIECE_MIB = 2;
  private static final long PIECE = (long) PIECE_MIB << 20;
  private static final int MOST_HEADER_BYTES = 64 << 20;
  private static final int ALIGNMENT = 4096;

  /** One step of the header; its copy lies {@code offset} bytes behind the header. */
  private record Entry(
      String step,
      String provider,
      String format,
      String kernel,
      Optional<String> tuned,
      List<String> refusals,
      long offset,
      long bytes,
      long[] sums) {}

  private final Path file;
  private final String key;
  private final Options options;
  private final Strategies.Strategy strategy;

  WeightCache(
      Path folder, Graph graph, Graph prepared, Options options, Strategies.Strategy strategy) {
    this.key = WeightKey.of(graph, prepared, options);
    String name = graph.name().replaceAll("[^A-Za-z0-9_.-]", "_");
    this.file =
        folder.resolve(
            name.substring(0, Math.min(80, name.length()))
                + "-"
                + key.substring(0, 16)
                + ".weights");
    this.options = options;
    this.strategy = strategy;
  }

  /**
   * The steps whose kernels could be restored, by name; their copies live in {@code arena}. Empty
   * if there is no file, or with a warning if it is damaged.
   */
  Optional<Map<String, CompiledStep>> load(Plan plan, Arena arena) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Map<String, CompiledStep> restored = new HashMap<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      List<Entry> entries = header(channel);
      Map<String, Provider> providers = new HashMap<>();
      for (Entry e : entries) {
        Provider p =
            providers.computeIfAbsent(
                e.provider(),
                n ->
                    strategy.providers().stream()
                        .filter(q -> q.name().equals(n))
                        .findFirst()
                        .orElseThrow(() -> new StriateException("it needs provider " + n)));
        if (p.unavailable().isPresent() || !p.copyFormat().equals(e.format())) {
          return Optional.empty(); // of another build: replaced without a word
        }
      }
      long bytes = entries.stream().mapToLong(e -> e.offset() + e.bytes()).max().orElse(0);
      if (bytes > 0) {
        MemorySegment all = strategy.first().copyMemory(bytes, arena);
        long begin = channel.size() - bytes;
        read(channel, begin, all, entries);
        Map<String, Step> steps = new HashMap<>();
        plan.steps().forEach(s -> steps.put(s.name(), s));
        for (Entry e : entries) {
          Step step = steps.get(e.step());
          if (step == null) {
            throw new StriateException("there is no step " + e.step());
          }
          MemorySegment copy = all.asSlice(e.offset(), e.bytes());
          Kernel kernel =
              Objects.requireNonNull(providers.get(e.provider())).restore(request(step, e), copy);
          restored.put(
              e.step(), new CompiledStep(step, e.provider(), kernel, e.refusals(), e.tuned()));
        }
      }
      return Optional.of(restored);
    } catch (IOException | UncheckedIOException | StriateException e) {
      restored.values().forEach(s -> s.kernel().close());
      Log.warn("the packed weights in {0} are left out and replaced: {1}", file, e.getMessage());
      return Optional.empty();
    }
  }

  private KernelRequest request(Step step, Entry entry) {
    List<Operand> operands = new ArrayList<>();
    for (Placement p : step.inputs()) {
      operands.add(
          p.buffer().constant.isPresent() ? Operand.packed(p.desc()) : Operand.of(p.desc()));
    }
    return new KernelRequest(
        step.op(),
        operands,
        step.output().desc(),
        options.threads(),
        options.accuracy(),
        Optional.of(entry.kernel()));
  }

  private List<Entry> header(FileChannel channel) throws IOException {
    ByteBuffer fixed = full(channel, 0, FIXED_BYTES);
    byte[] magic = new byte[MAGIC.length];
    fixed.get(magic);
    if (!Arrays.equals(magic, MAGIC) || fixed.getInt() != VERSION) {
      throw new StriateException("it is no file of packed weights of version " + VERSION);
    }
    int headerBytes = fixed.getInt();
    long sum = fixed.getLong();
    long size = fixed.getLong();
    if (headerBytes < 0 || headerBytes > MOST_HEADER_BYTES || size != channel.size()) {
      throw new StriateException("it has " + channel.size() + " bytes, " + size + " were written");
    }
    byte[] header = full(channel, FIXED_BYTES, headerBytes).array();
    if (Fingerprint.crc32(MemorySegment.ofArray(header)) != sum) {
      throw new StriateException("the checksum of its header is wrong");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(header));
    if (!in.readUTF().equals(key)) {
      throw new StriateException("it belongs to another model");
    }
    List<Entry> entries = new ArrayList<>();
    long data = size - begin(headerBytes);
    for (int count = in.readInt(); count > 0; count--) {
      Entry e =
          new Entry(
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              Optional.of(in.readUTF()).filter(t -> !t.isEmpty()),
              Arrays.asList(strings(in)),
              in.readLong(),
              in.readLong(),
              longs(in));
      if (e.offset() < 0
          || e.bytes() < 0
          || e.offset() > data - e.bytes()
          || e.sums().length != (e.bytes() + PIECE - 1) / PIECE) {
        throw new StriateException("the place of step " + e.step() + " lies outside of it");
      }
      entries.add(e);
    }
    return entries;
  }

  private static String[] strings(DataInputStream in) throws IOException {
    String[] all = new String[Math.clamp(in.readInt(), 0, 1000)];
    for (int i = 0; i < all.length; i++) {
      all[i] = in.readUTF();
    }
    return all;
  }

  private static long[] longs(DataInputStream in) throws IOException {
    long[] all = new long[Math.clamp(in.readInt(), 0, 1 << 24)];
    for (int i = 0; i < all.length; i++) {
      all[i] = in.readLong();
    }
    return all;
  }

  private static long begin(int headerBytes) {
    return (FIXED_BYTES + (long) headerBytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static ByteBuffer full(FileChannel channel, long at, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    fill(channel, at, buffer);
    return buffer.flip();
  }

  private static void fill(FileChannel channel, long at, ByteBuffer buffer) throws IOException {
    for (long from = at; buffer.hasRemaining(); ) {
      int n = channel.read(buffer, from);
      if (n < 0) {
        throw new StriateException("it ends too early");
      }
      from += n;
    }
  }

  /** Reads all copies, checks each part while it is in the cache, and each piece in the end. */
  private void read(FileChannel channel, long begin, MemorySegment all, List<Entry> entries) {
    record Piece(Entry entry, int index) {}
    List<Piece> pieces = new ArrayList<>();
    for (Entry e : entries) {
      for (int i = 0; i < e.sums().length; i++) {
        pieces.add(new Piece(e, i));
      }
    }
    Shares.run(
        options.threads(),
        pieces.size(),
        i -> {
          Entry e = pieces.get(i).entry();
          long at = pieces.get(i).index() * PIECE;
          MemorySegment piece = all.asSlice(e.offset() + at, Math.min(PIECE, e.bytes() - at));
          CRC32 sum = new CRC32();
          for (long done = 0; done < piece.byteSize(); done += Fingerprint.PART) {
            long bytes = Math.min(Fingerprint.PART, piece.byteSize() - done);
            ByteBuffer part = piece.asSlice(done, bytes).asByteBuffer();
            try {
              fill(channel, begin + e.offset() + at + done, part);
            } catch (IOException failed) {
              throw new UncheckedIOException(failed);
            }
            sum.update(part.flip());
          }
          if (sum.getValue() != e.sums()[pieces.get(i).index()]) {
            throw new StriateException("a checksum of step " + e.step() + " is wrong");
          }
        });
  }

  /** Keeps the packed weights of these steps; a warning if that fails. */
  void store(List<CompiledStep> steps) {
    try (Arena arena = Arena.ofShared()) {
      List<Entry> entries = new ArrayList<>();
      List<MemorySegment> copies = new ArrayList<>();
      long offset = 0;
      for (CompiledStep s : steps) {
        long bytes = s.kernel().copyBytes();
        if (bytes == 0) {
          continue;
        }
        MemorySegment copy = strategy.first().copyMemory(bytes, arena);
        s.kernel().copyTo(copy);
        copies.add(copy);
        long[] sums = new long[Math.toIntExact((bytes + PIECE - 1) / PIECE)];
        for (int i = 0; i < sums.length; i++) {
          sums[i] = Fingerprint.crc32(copy.asSlice(i * PIECE, Math.min(PIECE, bytes - i * PIECE)));
        }
        Provider provider =
            strategy.providers().stream()
                .filter(p -> p.name().equals(s.provider()))
                .findFirst()
                .orElseThrow();
        entries.add(
            new Entry(
                s.step().name(),
                s.provider(),
                provider.copyFormat(),
                s.kernel().id(),
                s.tuned(),
                s.refusals(),
                offset,
                bytes,
                sums));
        offset += (bytes + 63) / 64 * 64;
      }
      if (!entries.isEmpty()) {
        write(entries, copies);
      }
    } catch (IOException | StriateException e) {
      Log.warn(
          "packed weights are not kept: {0} cannot be written ({1}); choose a folder that you may"
              + " write to",
          file, e.toString());
    }
  }

  private void write(List<Entry> entries, List<MemorySegment> copies) throws IOException {
    byte[] header = header(entries);
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    Files.createDirectories(folder);
    Path temporary = Files.createTempFile(folder, ".striate-weights", ".tmp");
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        long begin = begin(header.length);
        long end = begin;
        for (int i = 0; i < copies.size(); i++) {
          long at = begin + entries.get(i).offset();
          for (long done = 0; done < copies.get(i).byteSize(); done += PIECE) {
            long bytes = Math.min(PIECE, copies.get(i).byteSize() - done);
            put(channel, at + done, copies.get(i).asSlice(done, bytes).asByteBuffer());
            end = at + done + bytes;
          }
        }
        ByteBuffer fixed = ByteBuffer.allocate(FIXED_BYTES).put(MAGIC).putInt(VERSION);
        fixed.putInt(header.length);
        fixed.putLong(Fingerprint.crc32(MemorySegment.ofArray(header))).putLong(end);
        put(channel, FIXED_BYTES, ByteBuffer.wrap(header));
        put(channel, 0, fixed.flip());
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void put(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
    for (long to = at; bytes.hasRemaining(); ) {
      to += channel.write(bytes, to);
    }
  }

  private byte[] header(List<Entry> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(key);
    out.writeInt(entries.size());
    for (Entry e : entries) {
      out.writeUTF(e.step());
      out.writeUTF(e.provider());
      out.writeUTF(e.format());
      out.writeUTF(e.kernel());
      out.writeUTF(e.tuned().orElse(""));
      out.writeInt(e.refusals().size());
      for (String refusal : e.refusals()) {
        out.writeUTF(refusal);
      }
      out.writeLong(e.offset());
      out.writeLong(e.bytes());
      out.writeInt(e.sums().length);
      for (long sum : e.sums()) {
        out.writeLong(sum);
      }
    }
    return bytes.toByteArray();
  }
}
