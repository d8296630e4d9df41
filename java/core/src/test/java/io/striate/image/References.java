package io.striate.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The reference files that make_references.py made with Pillow. */
final class References {
  private References() {}

  /** The bytes of the generator that the script uses too. */
  static byte[] pixels(int count) {
    byte[] out = new byte[count];
    int state = 12345;
    for (int i = 0; i < count; i++) {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      out[i] = (byte) (state >> 16);
    }
    return out;
  }

  static byte[] bytes(String name) throws IOException {
    try (InputStream in = References.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  /** The lines of a table, split into columns. */
  static List<String[]> table(String name) throws IOException {
    return new String(bytes(name), StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.split("\t", -1))
        .toList();
  }
}
