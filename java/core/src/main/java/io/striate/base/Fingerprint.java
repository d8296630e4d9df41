package io.striate.base;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A fingerprint of bytes: two checksums, CRC-32 and CRC-32C (independent polynomials, 64 bits
 * together), of every {@value #PIECE_MIB} MiB, so that several threads can share the work.
 */
public final class Fingerprint {
  static final int PIECE_MIB = 2;

  /** Bytes with a pair of checksums of their own; the last piece may have fewer. */
  public static final long PIECE = (long) PIECE_MIB << 20;

  /** Bytes that stay in the L2 cache between two passes over them. */
  public static final long PART = 256 << 10;

  private final CRC32 first = new CRC32();
  private final CRC32C second = new CRC32C();

  /** How many pieces so many bytes have. */
  public static int pieces(long bytes) {
    return Math.toIntExact((bytes + PIECE - 1) / PIECE);
  }

  /** Bytes of piece {@code index} of so many. */
  public static long pieceBytes(long bytes, int index) {
    return Math.min(PIECE, bytes - index * PIECE);
  }

  /** The checksums of piece {@code index} of these bytes. */
  public static long ofPiece(MemorySegment all, int index) {
    MemorySegment piece = all.asSlice(index * PIECE, pieceBytes(all.byteSize(), index));
    Fingerprint sum = new Fingerprint();
    for (long at = 0; at < piece.byteSize(); at += PART) {
      sum.add(piece.asSlice(at, Math.min(PART, piece.byteSize() - at)).asByteBuffer());
    }
    return sum.value();
  }

  /** Takes in what is between position and limit, at best no more than {@link #PART}. */
  public void add(ByteBuffer part) {
    first.update(part.duplicate());
    second.update(part);
  }

  /** The checksums of all that was taken in. */
  public long value() {
    return first.getValue() << 32 | second.getValue();
  }

  /** CRC-32 alone. */
  public static long crc32(MemorySegment bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.asByteBuffer());
    return crc.getValue();
  }
}
