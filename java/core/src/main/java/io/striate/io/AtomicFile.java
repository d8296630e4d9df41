package io.striate.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that its name shows either the old content or the whole new one, never a part.
 */
final class AtomicFile {
  /** Writes the content. */
  @FunctionalInterface
  interface Body {
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes beside {@code target}, flushes to the disk, then renames; on failure nothing is left
   * behind.
   */
  static void write(Path target, Body body) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException(
          "cannot write " + target + ": the folder " + folder + " does not exist; create it first");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new IOException(
          "cannot write "
              + target
              + ": it is no regular file, and would be replaced by one; name another file");
    }
    Path temporary =
        folder.resolve(
            "." + target.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        body.writeTo(channel);
        channel.force(true);
      }
      try {
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        throw new IOException(
            "cannot write " + target + ": its file system has no atomic rename", e);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new IOException("cannot write " + target + ": " + e.getMessage(), e);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Writes all that remains in {@code bytes}. */
  static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
