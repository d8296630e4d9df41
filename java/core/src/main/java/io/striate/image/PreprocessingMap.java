package io.striate.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@link Preprocessing} as text: one metadata entry per component, under a common prefix. */
final class PreprocessingMap {
  private static final String PREFIX = "striate.preprocessing.";
  private static final List<String> KEYS =
      List.of("resize", "interpolation", "crop", "channels", "scale", "mean", "std", "layout");
  private static final String LAYOUT = "nchw";

  private PreprocessingMap() {}

  static Map<String, String> write(Preprocessing from) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put(PREFIX + "resize", from.resize().toString());
    out.put(PREFIX + "interpolation", from.interpolation().name().toLowerCase(Locale.ROOT));
    out.put(PREFIX + "crop", from.crop().map(Preprocessing.Size::toString).orElse("none"));
    out.put(PREFIX + "channels", from.channels().name().toLowerCase(Locale.ROOT));
    out.put(PREFIX + "scale", Double.toString(from.scale()));
    out.put(PREFIX + "mean", join(from.mean()));
    out.put(PREFIX + "std", join(from.std()));
    out.put(PREFIX + "layout", LAYOUT);
    return Collections.unmodifiableMap(out);
  }

  private static String join(List<Double> values) {
    return values.stream().map(v -> Double.toString(v)).collect(Collectors.joining(","));
  }

  static Optional<Preprocessing> read(Map<String, String> metadata) {
    Map<String, String> own = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX)) {
            own.put(key.substring(PREFIX.length()), value);
          }
        });
    if (own.isEmpty()) {
      return Optional.empty();
    }
    for (String key : own.keySet()) {
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "unknown metadata key " + PREFIX + key + "; known are " + KEYS);
      }
    }
    if (!value(own, "layout").equals(LAYOUT)) {
      throw new IllegalArgumentException(
          PREFIX + "layout is '" + own.get("layout") + "'; only " + LAYOUT + " is known");
    }
    String crop = value(own, "crop");
    return Optional.of(
        new Preprocessing(
            Preprocessing.Resize.of(value(own, "resize")),
            Interpolation.of(value(own, "interpolation")),
            crop.equals("none") ? Optional.empty() : Optional.of(Preprocessing.Size.of(crop)),
            channels(value(own, "channels")),
            Preprocessing.numbers(value(own, "scale")).getFirst(),
            Preprocessing.numbers(value(own, "mean")),
            Preprocessing.numbers(value(own, "std"))));
  }

  private static String value(Map<String, String> own, String key) {
    String value = own.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "metadata key " + PREFIX + key + " is missing; the others are there");
    }
    return value;
  }

  private static Preprocessing.Channels channels(String name) {
    for (Preprocessing.Channels each : Preprocessing.Channels.values()) {
      if (each.name().equalsIgnoreCase(name)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        PREFIX + "channels is '" + name + "'; choose rgb, bgr or grey");
  }
}
