package io.striate.bench;

import io.striate.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Result files: JSON objects whose members are rows. Read as maps of text, numbers, lists and maps;
 * {@code null}, which stands for a number that is none, reads as NaN.
 */
final class Results {
  /** How names of files end that {@link Bar} writes, behind the date. */
  static final String BAR_ENDING = "-bar.json";

  /** How names of files end that {@link AccuracyReport} writes, behind the date. */
  static final String ACCURACY_ENDING = "-accuracy.json";

  private Results() {}

  /** The members of a results file. */
  static Map<String, Object> read(Path file) throws IOException {
    return parse(Files.readString(file), String.valueOf(file.getFileName()));
  }

  /** The members of a results file with this text; {@code name} is for messages. */
  static Map<String, Object> parse(String json, String name) {
    if (Json.parse(json) instanceof Json.Obj object) {
      return members(object);
    }
    throw new IllegalArgumentException(name + " is no JSON object");
  }

  private static Map<String, Object> members(Json.Obj object) {
    Map<String, Object> all = new LinkedHashMap<>();
    object.members().forEach((k, v) -> all.put(k, plain(v)));
    return all;
  }

  private static Object plain(Json.Value value) {
    return switch (value) {
      case Json.Obj o -> members(o);
      case Json.Arr a -> new ArrayList<>(a.values().stream().map(Results::plain).toList());
      case Json.Str s -> s.value();
      case Json.Num n -> number(n.text());
      case Json.Bool b -> b.value();
      case Json.Null none -> Double.NaN;
    };
  }

  private static Object number(String text) {
    return text.matches("-?\\d{1,18}") ? (Object) Long.valueOf(text) : Double.valueOf(text);
  }

  /** Writes in one move, so that a run that is cut off leaves the old file whole. */
  static void write(Path file, Map<String, Object> all) throws IOException {
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (folder == null) {
      throw new IllegalArgumentException(file + " is no file that results can be written to");
    }
    Files.createDirectories(folder);
    Path part = folder.resolve(file.getFileName() + ".part");
    Files.writeString(part, JsonText.of(all));
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The latest file of {@code bench/results} whose name ends so, by its date in front. */
  static Optional<Path> latest(String ending) throws IOException {
    Path folder = Places.root().resolve("bench/results");
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(ending)).max(Comparator.naturalOrder());
    }
  }

  /** The rows under this key; none if the key is not there. */
  static List<Map<String, Object>> rows(Map<String, Object> all, String key) {
    List<Map<String, Object>> rows = new ArrayList<>();
    switch (all.getOrDefault(key, List.of())) {
      case List<?> list -> list.forEach(r -> rows.add(object(r, "a row of '" + key + "'")));
      default -> throw new IllegalArgumentException("'" + key + "' is no JSON array");
    }
    return rows;
  }

  /** The object under this key. */
  static Map<String, Object> object(Map<String, Object> all, String key) {
    return object(required(all, key), "'" + key + "'");
  }

  private static Map<String, Object> object(Object value, String what) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> object = new LinkedHashMap<>();
      map.forEach((k, v) -> object.put(String.valueOf(k), v));
      return object;
    }
    throw new IllegalArgumentException(what + " is no JSON object");
  }

  private static Object required(Map<String, Object> row, String key) {
    Object value = row.get(key);
    if (value == null) {
      throw new IllegalArgumentException("the results have no '" + key + "' here: " + row.keySet());
    }
    return value;
  }

  /** Text or a number as text, fit for a cell of a Markdown table. */
  static String text(Map<String, Object> row, String key) {
    return switch (required(row, key)) {
      case String s -> s.replace("|", "\\|").replace("\n", " ");
      case Number n -> n.toString();
      default -> throw new IllegalArgumentException("'" + key + "' is neither text nor number");
    };
  }

  /** A number; NaN where there is none. */
  static double number(Map<String, Object> row, String key) {
    return row.get(key) instanceof Number n ? n.doubleValue() : Double.NaN;
  }
}
