package io.striate.onnx;

import io.striate.onnx.proto.StringStringEntryProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads tensor data that lies in a file beside the model, under rules of safe containment: only
 * where the caller allowed it; the location is relative, without {@code ..}; after resolving
 * symbolic links the file still lies inside the model's directory; it is a regular file with one
 * name (a second hard link could be a file from elsewhere); offset and length lie inside it and the
 * length is what the tensor needs, which is known before anything is allocated.
 */
final class ExternalData {
  private static final Set<String> KEYS =
      Set.of("location", "offset", "length", "checksum", "basepath");

  private final boolean allowed;
  private final @Nullable Path directory;

  ExternalData(boolean allowed, @Nullable Path directory) {
    this.allowed = allowed;
    this.directory = directory;
  }

  /** No external data at all. */
  static ExternalData none() {
    return new ExternalData(false, null);
  }

  /**
   * The bytes that the entries describe.
   *
   * @param bytes what the tensor needs
   * @throws IllegalArgumentException if a rule above is broken or the file cannot be read
   */
  ByteBuffer read(List<StringStringEntryProto> entries, long bytes) {
    Map<String, String> map = new HashMap<>();
    for (StringStringEntryProto e : entries) {
      if (!KEYS.contains(e.getKey()) || map.put(e.getKey(), e.getValue()) != null) {
        throw new IllegalArgumentException(
            "external data has an unknown or repeated key \"" + e.getKey() + "\"");
      }
    }
    String location = map.getOrDefault("location", "");
    if (!allowed) {
      throw new IllegalArgumentException(
          "its data is in the external file \""
              + location
              + "\"; external data is off: allow it with OnnxOptions.withExternalData(true) for a model that you trust");
    }
    Path base = directory;
    if (base == null) {
      throw new IllegalArgumentException(
          "its data is in the external file \""
              + location
              + "\", but the model was given as bytes: load it by its path");
    }
    long offset = number(map, "offset", 0);
    long length = number(map, "length", bytes);
    if (length != bytes) {
      throw new IllegalArgumentException(
          "the tensor needs " + bytes + " bytes, but its external data has length " + length);
    }
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "external data of " + bytes + " bytes exceeds 2^31 - 1 bytes");
    }
    try {
      return read(resolve(base, location), location, offset, (int) bytes);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "external file \"" + location + "\" cannot be read: " + e.getMessage(), e);
    }
  }

  private static Path resolve(Path base, String location) throws IOException {
    Path relative;
    try {
      relative = Path.of(location);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("external location \"" + location + "\" is not a path", e);
    }
    boolean climbs = false;
    for (Path part : relative) {
      climbs |= part.toString().equals("..");
    }
    if (location.isEmpty()
        || relative.isAbsolute()
        || location.startsWith("/")
        || climbs
        || location.indexOf('\\') >= 0) {
      throw new IllegalArgumentException(
          "external location \""
              + location
              + "\" must be a path below the model's directory, without .. and \\");
    }
    Path root = base.toRealPath();
    Path file = root.resolve(relative).toRealPath();
    if (!file.startsWith(root) || file.equals(root)) {
      throw new IllegalArgumentException(
          "external location \"" + location + "\" leads out of the model's directory");
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException(
          "external location \"" + location + "\" is not a regular file");
    }
    if (links(file) > 1) {
      throw new IllegalArgumentException(
          "external file \""
              + location
              + "\" has several hard links and may come from elsewhere: copy it");
    }
    return file;
  }

  private static int links(Path file) throws IOException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return 1;
    }
    return Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS) instanceof Integer n
        ? n
        : 1;
  }

  private static ByteBuffer read(Path file, String location, long offset, int bytes)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long size = channel.size();
      if (offset > size || bytes > size - offset) {
        throw new IllegalArgumentException(
            "bytes "
                + offset
                + " to "
                + (offset + bytes)
                + " of external file \""
                + location
                + "\" are needed, but it has "
                + size
                + " bytes");
      }
      ByteBuffer buffer = ByteBuffer.allocate(bytes);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, offset + buffer.position()) < 0) {
          throw new IllegalArgumentException(
              "external file \"" + location + "\" shrank while it was read");
        }
      }
      return buffer.flip();
    }
  }

  private static long number(Map<String, String> map, String key, long missing) {
    @Nullable String text = map.get(key);
    if (text == null || text.isEmpty()) {
      return missing;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "external data: " + key + " \"" + text + "\" is not a whole number", e);
    }
    throw new IllegalArgumentException("external data: " + key + " " + text + " is negative");
  }
}
