package io.striate.data;

import io.striate.StriateException;
import io.striate.io.Json;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Names of classes in the order of a network's outputs. Read are
 *
 * <ul>
 *   <li>a JSON array of names, or a JSON object from {@code "0"}, {@code "1"}, … to a name or to
 *       {@code [id, name]};
 *   <li>lines of a WordNet id and words, {@code n01440764 tench, Tinca tinca};
 *   <li>plain names, one per line.
 * </ul>
 */
public final class ClassLabels {
  private static final long MAX_FILE_BYTES = 16 << 20;
  private static final Pattern WORDNET_LINE = Pattern.compile("(n\\d{8})\\s+(\\S.*)");

  /** A class: its id, empty if the file has none, and its name. */
  private record Label(String id, String name) {}

  private final List<Label> labels;
  private final List<String> names;
  private final Map<String, Integer> indices = new HashMap<>();

  private ClassLabels(List<Label> labels) {
    this.labels = List.copyOf(labels);
    names = labels.stream().map(Label::name).toList();
    for (int i = 0; i < labels.size(); i++) {
      indices.putIfAbsent(labels.get(i).name(), i);
    }
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.get(i).id().isEmpty()) {
        indices.put(labels.get(i).id(), i);
      }
    }
  }

  /** Classes with these names and no ids. */
  public static ClassLabels of(List<String> names) {
    return new ClassLabels(names.stream().map(name -> new Label("", name)).toList());
  }

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read
   * @throws StriateException if it has none of the forms above
   */
  public static ClassLabels read(Path path) throws IOException {
    if (Files.size(path) > MAX_FILE_BYTES) {
      throw new StriateException(
          path + " has " + Files.size(path) + " bytes; that is no list of class names");
    }
    try {
      return parse(Files.readString(path));
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw new StriateException(path + " is not a list of class names: " + e.getMessage(), e);
    }
  }

  static ClassLabels parse(String text) {
    String stripped = text.strip();
    List<Label> labels =
        stripped.startsWith("[") || stripped.startsWith("{")
            ? fromJson(Json.parse(stripped))
            : fromLines(text);
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("it is empty");
    }
    return new ClassLabels(labels);
  }

  private static List<Label> fromJson(Json.Value value) {
    List<Label> out = new ArrayList<>();
    if (value instanceof Json.Arr array) {
      for (Json.Value item : array.values()) {
        out.add(label(item, out.size()));
      }
    } else if (value instanceof Json.Obj object) {
      for (int i = 0; i < object.members().size(); i++) {
        Json.Value item = object.members().get(Integer.toString(i));
        if (item == null) {
          throw new IllegalArgumentException(
              "its keys must be \"0\" to \""
                  + (object.members().size() - 1)
                  + "\", but \""
                  + i
                  + "\" is missing");
        }
        out.add(label(item, i));
      }
    }
    return out;
  }

  private static Label label(Json.Value value, int index) {
    if (value instanceof Json.Str name) {
      return new Label("", name.value());
    } else if (value instanceof Json.Arr pair
        && pair.values().size() == 2
        && pair.values().get(0) instanceof Json.Str id
        && pair.values().get(1) instanceof Json.Str name) {
      return new Label(id.value(), name.value());
    }
    throw new IllegalArgumentException(
        "class " + index + " is neither a string nor a pair of id and name");
  }

  private static List<Label> fromLines(String text) {
    List<String> lines = text.lines().map(String::strip).toList();
    int end = lines.size();
    while (end > 0 && lines.get(end - 1).isEmpty()) {
      end--;
    }
    lines = lines.subList(0, end);
    if (lines.contains("")) {
      throw new IllegalArgumentException(
          "line " + (lines.indexOf("") + 1) + " is empty, so the numbering is unclear");
    }
    boolean wordnet =
        !lines.isEmpty() && lines.stream().allMatch(line -> WORDNET_LINE.matcher(line).matches());
    List<Label> out = new ArrayList<>();
    for (String line : lines) {
      var match = WORDNET_LINE.matcher(line);
      out.add(
          wordnet && match.matches()
              ? new Label(match.group(1), match.group(2))
              : new Label("", line));
    }
    return out;
  }

  /** Number of classes. */
  public int size() {
    return labels.size();
  }

  /**
   * The name of a class; throws {@link IllegalArgumentException} if there is none of that index.
   */
  public String name(int index) {
    if (index < 0 || index >= labels.size()) {
      throw new IllegalArgumentException(
          "class "
              + index
              + " has no name: there are "
              + labels.size()
              + "; use the list that belongs to the model");
    }
    return names.get(index);
  }

  /** All names in order. */
  public List<String> names() {
    return names;
  }

  /** The class of that id or name; of several equal names the first one. */
  public Optional<Integer> indexOf(String idOrName) {
    return Optional.ofNullable(indices.get(idOrName));
  }
}
