package io.striate.bench;

import io.striate.io.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes maps, lists, strings, numbers and booleans as JSON, one row of a table on one line. */
final class JsonText {
  private static final MathContext DIGITS = new MathContext(6);

  private JsonText() {}

  static String of(Object value) {
    return text(value, "") + "\n";
  }

  private static String text(Object value, String indent) {
    String inner = indent + "  ";
    return switch (value) {
      case Map<?, ?> m when m.values().stream().noneMatch(JsonText::nests) ->
          m.entrySet().stream()
              .map(e -> member(e, indent))
              .collect(Collectors.joining(", ", "{", "}"));
      case Map<?, ?> m ->
          m.entrySet().stream()
              .map(e -> inner + member(e, inner))
              .collect(Collectors.joining(",\n", "{\n", "\n" + indent + "}"));
      case List<?> l when l.isEmpty() -> "[]";
      case List<?> l ->
          l.stream()
              .map(v -> inner + text(v, inner))
              .collect(Collectors.joining(",\n", "[\n", "\n" + indent + "]"));
      case Double d -> number(d);
      case Integer i -> Integer.toString(i);
      case Long l -> Long.toString(l);
      case Boolean b -> Boolean.toString(b);
      default -> Json.quote(value.toString());
    };
  }

  private static boolean nests(Object value) {
    return value instanceof Map || value instanceof List;
  }

  private static String member(Map.Entry<?, ?> e, String indent) {
    return Json.quote(String.valueOf(e.getKey())) + ": " + text(e.getValue(), indent);
  }

  private static String number(double d) {
    return Double.isFinite(d)
        ? new BigDecimal(d).round(DIGITS).stripTrailingZeros().toPlainString()
        : "null";
  }
}
