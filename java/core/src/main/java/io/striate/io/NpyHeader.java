package io.striate.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The header of an npy file: a Python dictionary literal with exactly descr, fortran_order and
 * shape.
 */
record NpyHeader(String descr, boolean fortranOrder, List<Long> shape, long dataOffset) {
  static final String MAGIC = "\u0093NUMPY";
  static final int V1_PREFIX = 10;

  private static final int V2_PREFIX = 12;
  private static final int MAX_HEADER_BYTES = 1 << 20;

  /** Reads element {@code index} of the data and converts it. */
  @FunctionalInterface
  interface Element {
    float get(MemorySegment data, long index);
  }

  /** Reads the header; anything unexpected is an {@link IllegalArgumentException}. */
  static NpyHeader parse(MemorySegment file) {
    if (file.byteSize() < V1_PREFIX || !text(file, 0, MAGIC.length()).equals(MAGIC)) {
      throw new IllegalArgumentException("it does not begin with \\x93NUMPY and a version");
    }
    int version = file.get(ValueLayout.JAVA_BYTE, 6) & 0xff;
    int minor = file.get(ValueLayout.JAVA_BYTE, 7) & 0xff;
    if (version < 1 || version > 3 || minor != 0) {
      throw new IllegalArgumentException(
          "format version " + version + "." + minor + "; 1.0, 2.0 and 3.0 are read");
    }
    int prefix = version == 1 ? V1_PREFIX : V2_PREFIX;
    if (file.byteSize() < prefix) {
      throw new IllegalArgumentException("it ends inside its header");
    }
    ByteOrder little = ByteOrder.LITTLE_ENDIAN;
    long length =
        version == 1
            ? file.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(little), 8) & 0xffffL
            : file.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(little), 8) & 0xffffffffL;
    if (length > MAX_HEADER_BYTES || length > file.byteSize() - prefix) {
      throw new IllegalArgumentException(
          "its header is said to take "
              + length
              + " bytes; "
              + (file.byteSize() - prefix)
              + " follow, and at most "
              + MAX_HEADER_BYTES
              + " are read");
    }
    Map<String, Object> fields = new Parser(text(file, prefix, (int) length)).dictionary();
    if (!fields.keySet().equals(Set.of("descr", "fortran_order", "shape"))
        || !(fields.get("descr") instanceof String descr)
        || !(fields.get("fortran_order") instanceof Boolean fortran)
        || !(fields.get("shape") instanceof List<?> dims)) {
      throw new IllegalArgumentException(
          "its header must hold a string descr (no structured types), a boolean fortran_order and a"
              + " tuple shape, not "
              + fields);
    }
    List<Long> shape = dims.stream().map(Long.class::cast).toList();
    NpyHeader header = new NpyHeader(descr, fortran, shape, prefix + length);
    header.element();
    return header;
  }

  private static String text(MemorySegment file, long offset, int length) {
    byte[] bytes = file.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Bytes of one element. */
  int elementBytes() {
    return descr.charAt(2) - '0';
  }

  /** How to read an element of this type. */
  Element element() {
    if (descr.length() != 3 || "<>|=".indexOf(descr.charAt(0)) < 0) {
      throw unsupported();
    }
    ByteOrder order =
        switch (descr.charAt(0)) {
          case '>' -> ByteOrder.BIG_ENDIAN;
          case '=' -> ByteOrder.nativeOrder();
          default -> ByteOrder.LITTLE_ENDIAN;
        };
    if (descr.charAt(0) == '|' && elementBytes() != 1) {
      throw unsupported();
    }
    ValueLayout.OfShort s2 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order);
    ValueLayout.OfInt s4 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
    ValueLayout.OfLong s8 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order);
    ValueLayout.OfFloat f4 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order);
    ValueLayout.OfDouble f8 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(order);
    return switch (descr.substring(1)) {
      case "b1" -> (data, i) -> data.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0 : 1;
      case "i1" -> (data, i) -> data.get(ValueLayout.JAVA_BYTE, i);
      case "u1" -> (data, i) -> data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      case "i2" -> (data, i) -> data.get(s2, i * 2);
      case "u2" -> (data, i) -> data.get(s2, i * 2) & 0xffff;
      case "f2" -> (data, i) -> Float.float16ToFloat(data.get(s2, i * 2));
      case "i4" -> (data, i) -> data.get(s4, i * 4);
      case "u4" -> (data, i) -> Integer.toUnsignedLong(data.get(s4, i * 4));
      case "f4" -> (data, i) -> data.get(f4, i * 4);
      case "i8" -> (data, i) -> data.get(s8, i * 8);
      case "u8" -> (data, i) -> Safetensors.unsignedToFloat(data.get(s8, i * 8));
      case "f8" -> (data, i) -> (float) data.get(f8, i * 8);
      default -> throw unsupported();
    };
  }

  private IllegalArgumentException unsupported() {
    return new IllegalArgumentException(
        "its type is '"
            + descr
            + "'; read are f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, e.g. by array.astype('<f4')");
  }

  /**
   * Reads the one literal that a header holds: keys, strings, True or False, and a tuple of
   * integers.
   */
  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    Map<String, Object> dictionary() {
      Map<String, Object> fields = new LinkedHashMap<>();
      take('{');
      while (peek() != '}') {
        String key = string();
        take(':');
        if (fields.putIfAbsent(key, value()) != null) {
          throw error("duplicate key '" + key + "'");
        }
        if (peek() != '}') {
          take(',');
        }
      }
      take('}');
      if (!text.substring(at).isBlank()) {
        throw error("text follows the dictionary");
      }
      return fields;
    }

    private Object value() {
      char c = peek();
      if (c == '\'' || c == '"') {
        return string();
      } else if (c == '(') {
        return tuple();
      }
      for (String word : List.of("True", "False")) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw error("expected a string, True, False or a tuple");
    }

    private List<Long> tuple() {
      List<Long> out = new ArrayList<>();
      take('(');
      while (peek() != ')') {
        int start = at;
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
          at++;
        }
        if (at == start || at - start > 18) {
          throw error("expected a non-negative integer");
        }
        out.add(Long.parseLong(text.substring(start, at)));
        if (peek() == ',') {
          at++;
        } else if (out.size() == 1) {
          throw error("a tuple of one needs a comma");
        } else if (peek() != ')') {
          throw error("expected ','");
        }
      }
      take(')');
      return out;
    }

    private String string() {
      char quote = peek();
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0) {
        throw error("expected a string");
      }
      String value = text.substring(at + 1, end);
      at = end + 1;
      return value;
    }

    private char peek() {
      while (at < text.length() && " \n\t".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      if (at >= text.length()) {
        throw error("it ends too early");
      }
      return text.charAt(at);
    }

    private void take(char wanted) {
      if (peek() != wanted) {
        throw error("expected '" + wanted + "'");
      }
      at++;
    }

    private IllegalArgumentException error(String what) {
      return new IllegalArgumentException("its header, character " + at + ": " + what);
    }
  }
}
