package io.striate.io;

import io.striate.base.Fingerprint;
import io.striate.base.Shares;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A file that holds f32 tensors, row-major and in this machine's byte order, of which large ones
 * stay in it until somebody needs them. It is held open as long as one of them is reachable:
 * whoever replaces or deletes it meanwhile changes nothing, and writing into it is found by
 * checksums.
 */
public final class TensorFile implements Closeable {
  /** A tensor of so many bytes may be left in the file: reading it again needs few calls. */
  public static final long LARGE = 256 << 10;

  private final HeldFile held;
  private final List<Runnable> work = new ArrayList<>();

  /** Room for a part, for each thread that looks through tensors. */
  private final Queue<ByteBuffer> rooms = new ConcurrentLinkedQueue<>();

  private TensorFile(HeldFile held) {
    this.held = held;
  }

  /** Opens a file. */
  public static TensorFile open(Path path) throws IOException {
    return new TensorFile(new HeldFile(path));
  }

  HeldFile held() {
    return held;
  }

  /** The bytes of the file from its beginning, to find tensors in; not buffered. */
  public InputStream stream() throws IOException {
    long size = held.channel().size();
    return new InputStream() {
      private long at;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] to, int offset, int length) throws IOException {
        int n = (int) Math.min(length, size - at);
        if (n <= 0) {
          return length == 0 ? 0 : -1;
        }
        try {
          held.read(ByteBuffer.wrap(to, offset, n), at);
        } catch (UncheckedIOException e) {
          throw e.getCause();
        }
        at += n;
        return n;
      }

      @Override
      public long skip(long n) {
        long skipped = Math.clamp(n, 0, size - at);
        at += skipped;
        return skipped;
      }
    };
  }

  /**
   * A tensor that stays in the file. {@link #lookThrough} is to be called before it is read.
   *
   * @param name for messages
   * @param begin its first byte in the file
   */
  public StoredTensor floats(String name, Shape shape, long begin) {
    FileTensor tensor = new FileTensor(held, name, TensorDesc.f32(shape), begin);
    for (int i = 0; i < tensor.pieces(); i++) {
      int piece = i;
      work.add(() -> lookThrough(tensor, piece));
    }
    return tensor;
  }

  /** What {@link #lookThrough} is made of, to be shared between threads. */
  List<Runnable> work() {
    return work;
  }

  /** Takes the checksums of all tensors, on as many threads as there are processors. */
  public void lookThrough() throws IOException {
    try {
      Shares.run(Runtime.getRuntime().availableProcessors(), work.size(), i -> work.get(i).run());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void lookThrough(FileTensor tensor, int piece) {
    ByteBuffer part = rooms.poll();
    if (part == null) { // no confined arena: vector kernels become slower after one, see README
      part = ByteBuffer.allocateDirect((int) Fingerprint.PART);
    }
    tensor.lookThrough(piece, part);
    rooms.add(part);
  }

  /** Closes it where no tensor is to be read any more. */
  @Override
  public void close() throws IOException {
    held.close();
  }
}
