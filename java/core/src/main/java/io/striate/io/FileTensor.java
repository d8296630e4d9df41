package io.striate.io;

import io.striate.StriateException;
import io.striate.base.Fingerprint;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A dense f32 tensor that stays in its file, and the checksums that it had when the file was
 * opened: a file that somebody wrote into meanwhile is an error, not other weights.
 */
final class FileTensor implements StoredTensor {
  private final HeldFile file;
  private final String name;
  private final TensorDesc desc;
  private final long begin;
  private final long[] sums;

  /** The tensor {@code name} whose first byte is {@code begin}. */
  FileTensor(HeldFile file, String name, TensorDesc desc, long begin) {
    this.file = file;
    this.name = name;
    this.desc = desc;
    this.begin = begin;
    this.sums = new long[Fingerprint.pieces(desc.spanBytes())];
  }

  int pieces() {
    return sums.length;
  }

  /**
   * Takes the checksums of a piece; to be called once for each before anything is read.
   *
   * @param part room for {@link Fingerprint#PART} bytes
   */
  void lookThrough(int piece, ByteBuffer part) {
    Fingerprint sum = new Fingerprint();
    long size = Fingerprint.pieceBytes(desc.spanBytes(), piece);
    for (long at = 0; at < size; at += Fingerprint.PART) {
      part.clear().limit((int) Math.min(Fingerprint.PART, size - at));
      file.read(part, begin + piece * Fingerprint.PIECE + at);
      sum.add(part.flip());
    }
    sums[piece] = sum.value();
  }

  @Override
  public Shape shape() {
    return desc.shape();
  }

  @Override
  public boolean inMemory() {
    return false;
  }

  @Override
  public Tensor read(Arena arena) {
    Tensor tensor = Tensor.allocate(arena, desc);
    MemorySegment data = tensor.data();
    for (int piece = 0; piece < sums.length; piece++) {
      Fingerprint sum = new Fingerprint();
      long from = piece * Fingerprint.PIECE;
      long end = from + Fingerprint.pieceBytes(data.byteSize(), piece);
      for (long at = from; at < end; at += Fingerprint.PART) {
        ByteBuffer part = data.asSlice(at, Math.min(Fingerprint.PART, end - at)).asByteBuffer();
        try {
          file.read(part, begin + at);
        } catch (UncheckedIOException e) {
          throw new StriateException(
              "tensor "
                  + Json.quote(name)
                  + " cannot be read from "
                  + file.path()
                  + ": "
                  + e.getCause()
                  + "; weights are read when a model is compiled, so the file must stay readable",
              e);
        }
        sum.add(part.flip());
      }
      if (sum.value() != sums[piece]) {
        throw new StriateException(
            file.path()
                + " was changed after its weights were loaded: tensor "
                + Json.quote(name)
                + " is another one now. Load the file again, and replace files by renaming, not by"
                + " writing into them");
      }
    }
    return tensor;
  }

  @Override
  public Optional<long[]> fingerprint() {
    return Optional.of(sums.clone());
  }
}
