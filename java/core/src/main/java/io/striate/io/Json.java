package io.striate.io;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A small strict JSON reader (RFC 8259) for file headers and label lists. It accepts nothing that
 * the standard does not: no comments, no trailing comma, no duplicate key, no malformed UTF-8, no
 * unpaired surrogate. Nesting is limited to {@value #MAX_DEPTH} levels, so hostile input cannot
 * overflow the stack.
 */
public final class Json {
  /** Deepest nesting of arrays and objects that is read. */
  public static final int MAX_DEPTH = 64;

  private static final int SHOWN_CHARACTERS = 40;

  /** A JSON value. */
  public sealed interface Value {}

  /** An object, in the order of the text. */
  public record Obj(Map<String, Value> members) implements Value {}

  /** An array. */
  public record Arr(List<Value> values) implements Value {}

  /** A string, unescaped. */
  public record Str(String value) implements Value {}

  /** A number, as written. */
  public record Num(String text) implements Value {
    /**
     * The value of a number written as a non-negative integer that fits a long; throws otherwise.
     */
    public long asCount() {
      if (!text.isEmpty()
          && text.length() <= 19
          && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        try {
          return Long.parseLong(text);
        } catch (NumberFormatException tooLarge) {
          throw notACount(tooLarge);
        }
      }
      throw notACount(null);
    }

    private IllegalArgumentException notACount(@Nullable Throwable cause) {
      return new IllegalArgumentException(
          shorten(text) + " is not an integer between 0 and " + Long.MAX_VALUE, cause);
    }
  }

  /** {@code true} or {@code false}. */
  public record Bool(boolean value) implements Value {}

  /** {@code null}. */
  public record Null() implements Value {}

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /**
   * Reads one value that fills the whole text.
   *
   * @throws IllegalArgumentException naming the character position if the text is not JSON
   */
  public static Value parse(String text) {
    Json reader = new Json(text);
    reader.skipSpace();
    Value value = reader.value(0);
    reader.skipSpace();
    if (reader.at != text.length()) {
      throw reader.error("text follows the end of the value");
    }
    return value;
  }

  /** Reads one value from UTF-8; malformed UTF-8 is an {@link IllegalArgumentException} too. */
  public static Value parse(byte[] utf8) {
    try {
      return parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("JSON: the text is not valid UTF-8", e);
    }
  }

  /**
   * The string as a JSON literal with quotes; everything outside printable ASCII is escaped only
   * where it must be.
   */
  public static String quote(String value) {
    StringBuilder out = new StringBuilder(value.length() + 2).append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || c == 0x7f || isUnpaired(value, i)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"').toString();
  }

  private static boolean isUnpaired(String value, int i) {
    char c = value.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
  }

  private Value value(int depth) {
    if (depth > MAX_DEPTH) {
      throw error("nesting deeper than " + MAX_DEPTH + " levels");
    }
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> new Str(string());
      case 't' -> literal("true", new Bool(true));
      case 'f' -> literal("false", new Bool(false));
      case 'n' -> literal("null", new Null());
      default -> number();
    };
  }

  private Value object(int depth) {
    at++;
    Map<String, Value> members = new LinkedHashMap<>();
    skipSpace();
    if (peek() == '}') {
      at++;
      return new Obj(members);
    }
    while (true) {
      skipSpace();
      if (peek() != '"') {
        throw error("expected a quoted key");
      }
      int keyAt = at;
      String key = string();
      skipSpace();
      expect(':');
      skipSpace();
      Value value = value(depth + 1);
      if (members.putIfAbsent(key, value) != null) {
        at = keyAt;
        throw error("duplicate key \"" + shorten(key) + "\"");
      }
      skipSpace();
      if (peek() == '}') {
        at++;
        return new Obj(members);
      }
      expect(',');
    }
  }

  private Value array(int depth) {
    at++;
    List<Value> values = new ArrayList<>();
    skipSpace();
    if (peek() == ']') {
      at++;
      return new Arr(values);
    }
    while (true) {
      skipSpace();
      values.add(value(depth + 1));
      skipSpace();
      if (peek() == ']') {
        at++;
        return new Arr(values);
      }
      expect(',');
    }
  }

  private String string() {
    int start = ++at;
    StringBuilder out = new StringBuilder();
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        break;
      } else if (c == '\\') {
        out.append(escape());
      } else if (c < 0x20) {
        at--;
        throw error("control character in a string; it must be escaped");
      } else {
        out.append(c);
      }
    }
    String value = out.toString();
    for (int i = 0; i < value.length(); i++) {
      if (isUnpaired(value, i)) {
        at = start;
        throw error("unpaired surrogate in a string");
      }
    }
    return value;
  }

  private char escape() {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++) {
          int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
          if (digit < 0) {
            throw error("\\u needs four hexadecimal digits");
          }
          code = code * 16 + digit;
          at++;
        }
        yield (char) code;
      }
      default -> {
        at--;
        throw error("unknown escape");
      }
    };
  }

  private Value number() {
    int start = at;
    if (peek() == '-') {
      at++;
    }
    if (at < text.length() && text.charAt(at) == '0') {
      at++;
    } else {
      digits("expected a value");
    }
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      digits("expected a digit after the decimal point");
    }
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      at++;
      if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
        at++;
      }
      digits("expected a digit in the exponent");
    }
    return new Num(text.substring(start, at));
  }

  private void digits(String otherwise) {
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start) {
      throw error(otherwise);
    }
  }

  private Value literal(String word, Value value) {
    if (!text.startsWith(word, at)) {
      throw error("expected a value");
    }
    at += word.length();
    return value;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw error("the text ends too early");
    }
    return text.charAt(at);
  }

  private void expect(char wanted) {
    if (peek() != wanted) {
      throw error("expected '" + wanted + "'");
    }
    at++;
  }

  private IllegalArgumentException error(String what) {
    String rest = at < text.length() ? ", at " + quote(shorten(text.substring(at))) : "";
    return new IllegalArgumentException("JSON: " + what + " (character " + at + rest + ")");
  }

  private static String shorten(String value) {
    return value.length() <= SHOWN_CHARACTERS ? value : value.substring(0, SHOWN_CHARACTERS) + "…";
  }
}
