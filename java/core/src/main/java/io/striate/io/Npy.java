package io.striate.io;

import io.striate.StriateException;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * NumPy array files. Reads format versions 1, 2 and 3, C and Fortran order, either byte order, and
 * the types {@code f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1}, always as a dense row-major f32 tensor
 * (wider types are rounded to nearest); writes f32 as version 1.
 *
 * <p>Source: numpy.lib.format, "NEP 1 — A simple file format for NumPy arrays".
 */
public final class Npy {
  private static final int HEADER_ALIGNMENT = 64;

  private Npy() {}

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read
   * @throws StriateException if it is damaged or holds what Striate does not read
   */
  public static Tensor read(Path path) throws IOException {
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      MemorySegment file =
          size == 0
              ? MemorySegment.NULL
              : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return read(path.toString(), file);
    }
  }

  /** Reads an array from memory; {@code source} names it in error messages. */
  static Tensor read(String source, MemorySegment file) {
    try {
      NpyHeader header = NpyHeader.parse(file);
      return decode(header, file.asSlice(header.dataOffset()));
    } catch (IllegalArgumentException e) {
      throw new StriateException(source + " is not a readable npy file: " + e.getMessage(), e);
    }
  }

  private static Tensor decode(NpyHeader header, MemorySegment data) {
    Shape shape = Shape.of(header.shape());
    long elements = shape.elements();
    long needed = elements * header.elementBytes();
    if (data.byteSize() != needed) {
      throw new IllegalArgumentException(
          "shape "
              + shape
              + " of "
              + header.descr()
              + " needs "
              + needed
              + " bytes, but "
              + data.byteSize()
              + " follow the header"
              + (data.byteSize() < needed ? ": it is truncated, copy it again" : ""));
    }
    Tensor out = Tensor.allocate(Arena.ofAuto(), TensorDesc.f32(shape));
    NpyHeader.Element element = header.element();
    long[] index = new long[shape.rank()];
    for (long i = 0; i < elements; i++) {
      long to = i;
      if (header.fortranOrder()) {
        to = 0;
        for (int axis = 0; axis < index.length; axis++) {
          to = to * shape.dim(axis) + index[axis];
        }
        for (int axis = 0; axis < index.length && ++index[axis] == shape.dim(axis); axis++) {
          index[axis] = 0;
        }
      }
      out.data().set(ValueLayout.JAVA_FLOAT, to * Float.BYTES, element.get(data, i));
    }
    return out;
  }

  /**
   * Writes an f32 tensor of any layout as a C-ordered {@code <f4} array, so that {@code path} never
   * shows a part of it.
   *
   * @throws IllegalArgumentException if the tensor is not f32; convert it with {@link
   *     Conversions#toF32}
   */
  public static void write(Path path, Tensor tensor) throws IOException {
    byte[] header = header(tensor);
    AtomicFile.write(path, channel -> write(channel, header, tensor));
  }

  /** Writes a tensor of this header. */
  static void write(WritableByteChannel channel, byte[] header, Tensor tensor) throws IOException {
    AtomicFile.writeFully(channel, ByteBuffer.wrap(header));
    writeData(channel, tensor);
  }

  static byte[] header(Tensor tensor) {
    if (tensor.desc().dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "npy files are written from F32 tensors, not "
              + tensor.desc().dtype()
              + "; use Conversions.toF32 first");
    }
    StringBuilder dims = new StringBuilder();
    for (long dim : tensor.shape().dims()) {
      dims.append(dim).append(", ");
    }
    String tuple =
        tensor.shape().rank() == 1
            ? dims.toString().strip()
            : dims.toString().replaceAll(", $", "");
    String dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + tuple + "), }";
    int total =
        Math.ceilDiv(NpyHeader.V1_PREFIX + dict.length() + 1, HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    header.put(NpyHeader.MAGIC.getBytes(StandardCharsets.ISO_8859_1)).put((byte) 1).put((byte) 0);
    header
        .putShort((short) (total - NpyHeader.V1_PREFIX))
        .put(dict.getBytes(StandardCharsets.US_ASCII));
    while (header.remaining() > 1) {
      header.put((byte) ' ');
    }
    return header.put((byte) '\n').array();
  }

  private static void writeData(WritableByteChannel channel, Tensor tensor) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    try {
      Rows.forEach(
          tensor.desc(),
          (first, step, count, index) -> {
            for (long i = 0; i < count; i++) {
              if (!chunk.hasRemaining()) {
                flush(channel, chunk);
              }
              chunk.putFloat(
                  tensor
                      .data()
                      .get(ValueLayout.JAVA_FLOAT_UNALIGNED, (first + i * step) * Float.BYTES));
            }
          });
      flush(channel, chunk);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void flush(WritableByteChannel channel, ByteBuffer chunk) {
    try {
      AtomicFile.writeFully(channel, chunk.flip());
      chunk.clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
