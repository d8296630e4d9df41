package io.striate.io;

import io.striate.StriateException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is read now and then, by any number of threads, and stays open as long as somebody
 * holds this: whoever replaces or deletes it meanwhile changes nothing here. A thread that is
 * interrupted while it reads closes a channel; the file is then opened anew by its path.
 */
final class HeldFile implements Closeable {
  private final Path path;
  private volatile FileChannel channel;

  HeldFile(Path path) throws IOException {
    this.path = path;
    this.channel = open();
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(path, StandardOpenOption.READ);
  }

  Path path() {
    return path;
  }

  FileChannel channel() {
    return channel;
  }

  /**
   * Fills {@code target} with what begins at {@code offset}. Never ends early by an interruption;
   * the thread is still interrupted afterwards.
   *
   * @throws StriateException if the file ends before
   * @throws UncheckedIOException if it cannot be read
   */
  void read(ByteBuffer target, long offset) {
    boolean interrupted = Thread.interrupted();
    try {
      for (long at = offset; target.hasRemaining(); ) {
        try {
          int n = channel.read(target, at);
          if (n < 0) {
            throw new StriateException(path + " was shortened after it was opened; load it again");
          }
          at += n;
        } catch (ClosedByInterruptException e) {
          interrupted = true;
          Thread.interrupted();
          reopen();
        } catch (ClosedChannelException e) { // by another thread's interruption
          reopen();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Where nobody is to read any more; otherwise it closes when it is no longer reachable. */
  @Override
  public synchronized void close() throws IOException {
    channel.close();
  }

  private synchronized void reopen() throws IOException {
    if (!channel.isOpen()) {
      channel = open();
    }
  }
}
