package io.striate.io;

import io.striate.StriateException;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** NumPy archives: a zip of npy files. Arrays are read as {@link Npy} reads them. */
public final class Npz {
  private static final String SUFFIX = ".npy";

  private Npz() {}

  /**
   * All arrays by name, in the order of the archive.
   *
   * @throws IOException if it cannot be read
   * @throws StriateException if it is damaged, or an array takes more than 2 GiB
   */
  public static Map<String, Tensor> read(Path path) throws IOException {
    Map<String, Tensor> out = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        String source = path + "!" + entry.getName();
        if (!entry.getName().endsWith(SUFFIX)) {
          throw new StriateException(source + " is not an npy file, so this is not an npz archive");
        }
        String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
        try (InputStream in = zip.getInputStream(entry)) {
          byte[] bytes = in.readNBytes(Integer.MAX_VALUE - 8);
          if (in.read() >= 0) {
            throw new StriateException(
                source + " takes more than 2 GiB; store it as a file of its own");
          }
          if (out.putIfAbsent(name, Npy.read(source, MemorySegment.ofArray(bytes))) != null) {
            throw new StriateException(source + " is in the archive twice");
          }
        }
      }
    } catch (ZipException e) {
      throw new StriateException(path + " is not a valid npz archive: " + e.getMessage(), e);
    }
    return Collections.unmodifiableMap(out);
  }

  /**
   * Writes f32 tensors of any layout, uncompressed, so that {@code path} never shows a part of the
   * archive.
   *
   * @throws IllegalArgumentException if a tensor is not f32
   */
  public static void write(Path path, Map<String, Tensor> tensors) throws IOException {
    Map<String, byte[]> headers = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> headers.put(name, Npy.header(tensor)));
    AtomicFile.write(
        path,
        channel -> {
          ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
          zip.setLevel(Deflater.NO_COMPRESSION);
          WritableByteChannel to = Channels.newChannel(zip);
          for (Map.Entry<String, byte[]> header : headers.entrySet()) {
            zip.putNextEntry(new ZipEntry(header.getKey() + SUFFIX));
            Tensor tensor = Objects.requireNonNull(tensors.get(header.getKey()));
            Npy.write(to, header.getValue(), tensor);
            zip.closeEntry();
          }
          zip.finish();
        });
  }
}
