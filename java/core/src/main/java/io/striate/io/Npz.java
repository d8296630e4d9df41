package io.striate.io;

import io.striate.StriateException;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

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
}
