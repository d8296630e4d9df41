package io.striate.exec;

import io.striate.StriateException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The file that keeps what {@link Tuner} measured: UTF-8 text, the line {@code striate tuning 1},
 * then a line per request whose fields are separated by tabs: the CRC-32 of the rest in hexadecimal
 * digits, machine, strategy, request, then provider, build, kernel id and nanoseconds of the
 * fastest kernel, then provider, kernel id and nanoseconds of each of the others.
 *
 * <p>One file serves several machines, strategies and models: an entry answers for the CPU,
 * strategy, op, shapes, layouts, threads and accuracy that it was measured with, and only while its
 * provider describes itself as then. A line whose check fails is left out. Files are replaced by
 * atomic rename under a lock on {@code FILE.lock}, so processes may read and write at once.
 */
final class TuneCache {
  static final String HEADER = "striate tuning 1";

  /** A kernel and how long it took. */
  record Time(String provider, String kernel, long nanos) {}

  /** Which question an entry answers. */
  record Key(String machine, String strategy, String request) {
    Key {
      machine = field(machine);
      strategy = field(strategy);
      request = field(request);
    }
  }

  /**
   * The fastest kernel of a request.
   *
   * @param build how the provider described itself
   * @param others the kernels that it beat, in any order
   */
  record Entry(Key key, Time best, String build, List<Time> others) {
    Entry {
      build = field(build);
      others = List.copyOf(others);
    }
  }

  private final Map<Key, Entry> entries = new LinkedHashMap<>();
  private final Path file;
  private int damaged;

  private TuneCache(Path file) {
    this.file = file;
  }

  /**
   * The entries of a file; none if there is no such file.
   *
   * @throws StriateException if it cannot be read or is no file of this format and version
   */
  static TuneCache read(Path file) {
    TuneCache cache = new TuneCache(file);
    if (!Files.exists(file)) {
      return cache;
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw foreign(file, "it is no text");
    } catch (IOException e) {
      throw new StriateException("the tuning cache " + file + " cannot be read: " + e, e);
    }
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      String first = lines.isEmpty() ? "" : lines.get(0);
      throw foreign(
          file,
          "its first line is \""
              + first.substring(0, Math.min(60, first.length()))
              + "\", not \""
              + HEADER
              + "\"");
    }
    for (String line : lines.subList(1, lines.size())) {
      Optional<Entry> entry = parse(line);
      entry.ifPresent(e -> cache.entries.put(e.key(), e));
      cache.damaged += entry.isPresent() ? 0 : 1;
    }
    return cache;
  }

  private static StriateException foreign(Path file, String why) {
    return new StriateException(
        file
            + " is no tuning cache of this version of Striate ("
            + why
            + "); name another file, or delete it and tune again");
  }

  private static Optional<Entry> parse(String line) {
    String[] f = line.split("\t", -1);
    if (f.length < 8 || (f.length - 8) % 3 != 0) {
      return Optional.empty();
    }
    String rest = line.substring(f[0].length() + 1);
    if (!f[0].equals(check(rest))) {
      return Optional.empty();
    }
    try {
      List<Time> others = new ArrayList<>();
      for (int i = 8; i < f.length; i += 3) {
        others.add(new Time(f[i], f[i + 1], Long.parseLong(f[i + 2])));
      }
      Time best = new Time(f[4], f[6], Long.parseLong(f[7]));
      return Optional.of(new Entry(new Key(f[1], f[2], f[3]), best, f[5], others));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String line(Entry e) {
    StringBuilder rest = new StringBuilder();
    rest.append(e.key().machine()).append('\t').append(e.key().strategy()).append('\t');
    rest.append(e.key().request()).append('\t').append(e.best().provider()).append('\t');
    rest.append(e.build()).append('\t').append(e.best().kernel()).append('\t');
    rest.append(e.best().nanos());
    for (Time t : e.others()) {
      rest.append('\t').append(t.provider()).append('\t').append(t.kernel());
      rest.append('\t').append(t.nanos());
    }
    return check(rest.toString()) + "\t" + rest;
  }

  private static String check(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }

  /** Text that fits between two tabs. */
  private static String field(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  Optional<Entry> find(Key key) {
    return Optional.ofNullable(entries.get(key));
  }

  /** Lines that were left out because their check failed. */
  int damaged() {
    return damaged;
  }

  Path file() {
    return file;
  }

  /**
   * Adds entries to a file, which is made if need be; entries of equal keys are replaced, all
   * others stay.
   *
   * @throws StriateException if the file is something else or cannot be written
   */
  static synchronized void add(Path file, Collection<Entry> fresh) {
    Path target = file.toAbsolutePath();
    try {
      Path folder = target.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Path lock = target.resolveSibling(target.getFileName() + ".lock");
      try (FileChannel channel =
          FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        var _ = channel.lock(); // until the channel is closed
        TuneCache all = read(target);
        fresh.forEach(e -> all.entries.put(e.key(), e));
        all.replace(target);
      }
    } catch (IOException e) {
      throw new StriateException(
          "the tuning cache "
              + file
              + " cannot be written ("
              + e
              + "); name a file in a folder that you may write to",
          e);
    }
  }

  private void replace(Path target) throws IOException {
    List<String> lines = new ArrayList<>(List.of(HEADER));
    entries.values().forEach(e -> lines.add(line(e)));
    Path temporary = Files.createTempFile(target.getParent(), ".striate-tuning", ".tmp");
    try {
      Files.write(temporary, lines, StandardCharsets.UTF_8);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
