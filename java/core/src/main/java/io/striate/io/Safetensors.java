package io.striate.io;

import io.striate.StriateException;
import io.striate.tensor.DType;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A safetensors file, mapped into memory: 8 bytes little-endian header length, a JSON header, then
 * the tensors.
 *
 * <p>Opening checks every rule of the format before any tensor is handed out. {@link #tensor}
 * returns read-only views of the mapped file; they may be used until {@link #close}, later use is
 * an {@link IllegalStateException}. {@link #load} instead copies all tensors to aligned memory that
 * nobody has to close. Whoever shortens a file while it is mapped takes its pages away; load files
 * that may change.
 *
 * <p>All methods may be called by many threads.
 *
 * <p>Source: the format section of the safetensors README (huggingface/safetensors).
 */
public final class Safetensors implements AutoCloseable {
  /** The longest header that is read, in bytes; the reference implementation has the same limit. */
  public static final long MAX_HEADER_BYTES = 100_000_000;

  static final int LENGTH_BYTES = 8;

  private static final Map<String, DType> DTYPES =
      Map.of(
          "F32",
          DType.F32,
          "F64",
          DType.F64,
          "BF16",
          DType.BF16,
          "F16",
          DType.F16,
          "I8",
          DType.S8,
          "U8",
          DType.U8,
          "I32",
          DType.S32,
          "I64",
          DType.S64);

  /**
   * One tensor of the file.
   *
   * @param dtype the type as the file calls it
   * @param shape may hold zeros and may be of any rank, unlike {@link Shape}
   * @param begin first byte, counted from the end of the header
   * @param end one past the last byte
   */
  public record Entry(String name, String dtype, List<Long> shape, long begin, long end) {}

  private final String source;
  private final Arena arena;
  private final long begin;
  private final MemorySegment data;
  private final SafetensorsHeader header;

  /** Checks a file in memory that lives as long as {@code arena}, which this then owns. */
  Safetensors(String source, Arena arena, MemorySegment file) {
    this.source = source;
    this.arena = arena;
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new StriateException(
          source + ": safetensors files are little-endian and are not read on this machine");
    }
    if (file.byteSize() < LENGTH_BYTES) {
      throw damaged(
          "it has " + file.byteSize() + " bytes, but a header length alone takes " + LENGTH_BYTES);
    }
    long length = file.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw damaged(
          "its header length is "
              + Long.toUnsignedString(length)
              + " bytes, above the limit of "
              + MAX_HEADER_BYTES);
    }
    long dataBytes = file.byteSize() - LENGTH_BYTES - length;
    if (dataBytes < 0) {
      throw damaged(
          "its header is said to take "
              + length
              + " bytes, but only "
              + (file.byteSize() - LENGTH_BYTES)
              + " follow");
    }
    byte[] json = file.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    try {
      header = SafetensorsHeader.parse(json, dataBytes);
    } catch (IllegalArgumentException e) {
      throw new StriateException(source + " is not a valid safetensors file: " + e.getMessage(), e);
    }
    begin = LENGTH_BYTES + length;
    data = file.asSlice(begin).asReadOnly();
  }

  private StriateException damaged(String what) {
    return new StriateException(source + " is not a valid safetensors file: " + what);
  }

  /**
   * Maps a file.
   *
   * @throws IOException if the file cannot be read
   * @throws StriateException if it breaks a rule of the format
   */
  public static Safetensors open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return map(path, channel);
    }
  }

  /** Maps an open file. */
  static Safetensors map(Path path, FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      long size = channel.size();
      MemorySegment file =
          size == 0
              ? MemorySegment.NULL
              : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return new Safetensors(path.toString(), arena, file);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** First byte of the tensors. */
  long begin() {
    return begin;
  }

  /**
   * All tensors as f32, in the order of the file, in 64-byte aligned memory freed when it becomes
   * unreachable; small tensors share blocks of memory. As many threads as there are processors read
   * the file.
   */
  public static Map<String, Tensor> load(Path path) throws IOException {
    return SafetensorsReader.read(path);
  }

  /**
   * All tensors, in the order of the file, large f32 ones left in it: they are looked through once
   * for their checksums, and read when they are needed. The file is held open as long as one of
   * them is reachable; whoever replaces or deletes it meanwhile changes nothing, and writing into
   * it is found by the checksums.
   */
  public static Map<String, StoredTensor> stored(Path path) throws IOException {
    return SafetensorsReader.open(path);
  }

  /** Names of all tensors, in the order of the header. */
  public Set<String> names() {
    return Collections.unmodifiableSet(header.entries().keySet());
  }

  /** Names and values of {@code __metadata__}; empty if the file has none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /**
   * Type, shape and place of a tensor; throws {@link IllegalArgumentException} if there is none of
   * that name.
   */
  public Entry entry(String name) {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new IllegalArgumentException(
          source
              + " has no tensor "
              + Json.quote(name)
              + "; it has "
              + header.entries().size()
              + ", among them "
              + header.entries().keySet().stream().limit(8).map(Json::quote).toList());
    }
    return entry;
  }

  /**
   * A tensor in its own type: a read-only view of the mapped file, dense and row-major. Only where
   * the file has put it at an address that is no multiple of its element size, it is an aligned
   * copy.
   *
   * @throws IllegalArgumentException if there is none of that name, or Striate has no such type or
   *     shape
   */
  public Tensor tensor(String name) {
    Entry entry = entry(name);
    DType dtype = DTYPES.get(entry.dtype());
    if (dtype == null) {
      throw new IllegalArgumentException(
          source
              + ": tensor "
              + Json.quote(name)
              + " has dtype "
              + entry.dtype()
              + "; supported are "
              + DTYPES.keySet().stream().sorted().toList()
              + ", and toF32 also reads BOOL, I16, U16, U32 and U64");
    }
    TensorDesc desc = desc(entry, dtype);
    MemorySegment bytes = bytes(entry);
    if (bytes.address() % dtype.bytes() == 0) {
      return new Tensor(desc, bytes);
    }
    Tensor copy = Tensor.allocate(Arena.ofAuto(), desc);
    MemorySegment.copy(bytes, 0, copy.data(), 0, bytes.byteSize());
    return copy;
  }

  /**
   * A tensor as a dense f32 copy that outlives this file; see {@link Conversions} for the rounding.
   */
  public Tensor toF32(String name) {
    return toF32(name, Arena.ofAuto());
  }

  /** A tensor as a dense f32 copy in {@code target}. */
  public Tensor toF32(String name, Arena target) {
    Entry entry = entry(name);
    MemorySegment bytes = bytes(entry);
    return switch (entry.dtype()) {
      case "BOOL" -> widen(entry, target, i -> bytes.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0 : 1);
      case "I16" -> widen(entry, target, i -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2));
      case "U16" ->
          widen(entry, target, i -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2) & 0xffff);
      case "U32" ->
          widen(
              entry,
              target,
              i -> Integer.toUnsignedLong(bytes.get(ValueLayout.JAVA_INT_UNALIGNED, i * 4)));
      case "U64" ->
          widen(
              entry,
              target,
              i -> unsignedToFloat(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, i * 8)));
      case "F32" -> {
        Tensor copy = Tensor.allocate(target, desc(entry, DType.F32));
        MemorySegment.copy(bytes, 0, copy.data(), 0, bytes.byteSize());
        yield copy;
      }
      default -> Conversions.toF32(tensor(name), target);
    };
  }

  /** Rounds to nearest also above 2^63: halving keeps the bit that was lost as a sticky bit. */
  static float unsignedToFloat(long value) {
    return value >= 0 ? (float) value : 2f * (float) ((value >>> 1) | (value & 1));
  }

  @FunctionalInterface
  private interface Element {
    float at(long index);
  }

  private Tensor widen(Entry entry, Arena target, Element element) {
    Tensor out = Tensor.allocate(target, desc(entry, DType.F32));
    long count = out.shape().elements();
    for (long i = 0; i < count; i++) {
      out.data().set(ValueLayout.JAVA_FLOAT, i * Float.BYTES, element.at(i));
    }
    return out;
  }

  TensorDesc desc(Entry entry, DType dtype) {
    try {
      Shape shape = Shape.of(entry.shape());
      return new TensorDesc(dtype, shape, Layout.rowMajor(shape));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          source + ": tensor " + Json.quote(entry.name()) + ": " + e.getMessage(), e);
    }
  }

  private MemorySegment bytes(Entry entry) {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException(
          source + " is closed; open it again, or use Safetensors.load");
    }
    return data.asSlice(entry.begin(), entry.end() - entry.begin());
  }

  /** Unmaps the file; every view from {@link #tensor} becomes unusable. Closing twice is fine. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  /**
   * Writes a file so that {@code path} never shows a part of it. The same input gives the same
   * bytes: tensors are ordered by element size, largest first, then by name, so each lies at a
   * multiple of its element size; the data begin at a multiple of 64.
   *
   * @throws IllegalArgumentException if a tensor is called {@code __metadata__}
   * @throws IOException if the file cannot be written; what was there before is untouched
   */
  public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter.write(path, tensors, metadata);
  }

  /** The name that the format gives to a type. */
  static String dtypeName(DType dtype) {
    return switch (dtype) {
      case S8, S32, S64 -> "I" + dtype.name().substring(1);
      case F32, F64, BF16, F16, U8 -> dtype.name();
    };
  }
}
