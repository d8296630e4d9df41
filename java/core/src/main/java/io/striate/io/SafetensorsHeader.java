package io.striate.io;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The JSON header of a safetensors file: reading it checks every rule of the format. */
record SafetensorsHeader(Map<String, Safetensors.Entry> entries, Map<String, String> metadata) {
  /** Bits of one element of every type that the format knows. */
  static final Map<String, Integer> DTYPE_BITS =
      Map.ofEntries(
          Map.entry("BOOL", 8),
          Map.entry("F4", 4),
          Map.entry("F6_E2M3", 6),
          Map.entry("F6_E3M2", 6),
          Map.entry("U8", 8),
          Map.entry("I8", 8),
          Map.entry("F8_E5M2", 8),
          Map.entry("F8_E4M3", 8),
          Map.entry("F8_E8M0", 8),
          Map.entry("I16", 16),
          Map.entry("U16", 16),
          Map.entry("F16", 16),
          Map.entry("BF16", 16),
          Map.entry("I32", 32),
          Map.entry("U32", 32),
          Map.entry("F32", 32),
          Map.entry("C64", 64),
          Map.entry("F64", 64),
          Map.entry("I64", 64),
          Map.entry("U64", 64));

  private static final String METADATA = "__metadata__";
  private static final Set<String> FIELDS = Set.of("dtype", "shape", "data_offsets");

  /**
   * Reads and checks a header that is followed by {@code dataBytes} bytes of data.
   *
   * @throws IllegalArgumentException naming the tensor, the value and the rule
   */
  static SafetensorsHeader parse(byte[] json, long dataBytes) {
    if (json.length == 0 || json[0] != '{') {
      throw new IllegalArgumentException("the header must begin with '{'");
    }
    if (!(Json.parse(json) instanceof Json.Obj header)) {
      throw new IllegalArgumentException("the header must be a JSON object");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Safetensors.Entry> entries = new LinkedHashMap<>();
    for (Map.Entry<String, Json.Value> member : header.members().entrySet()) {
      if (member.getKey().equals(METADATA)) {
        readMetadata(member.getValue(), metadata);
      } else {
        entries.put(member.getKey(), readEntry(member.getKey(), member.getValue()));
      }
    }
    checkCoverage(entries, dataBytes);
    return new SafetensorsHeader(entries, metadata);
  }

  private static void readMetadata(Json.Value value, Map<String, String> metadata) {
    if (!(value instanceof Json.Obj object)) {
      throw new IllegalArgumentException(METADATA + " must be an object of strings");
    }
    for (Map.Entry<String, Json.Value> member : object.members().entrySet()) {
      if (!(member.getValue() instanceof Json.Str string)) {
        throw new IllegalArgumentException(
            METADATA + ": the value of " + Json.quote(member.getKey()) + " must be a string");
      }
      metadata.put(member.getKey(), string.value());
    }
  }

  private static Safetensors.Entry readEntry(String name, Json.Value value) {
    String who = "tensor " + Json.quote(name) + ": ";
    if (!(value instanceof Json.Obj object)) {
      throw new IllegalArgumentException(who + "its description must be an object");
    }
    Map<String, Json.Value> fields = object.members();
    if (!fields.keySet().equals(FIELDS)) {
      throw new IllegalArgumentException(
          who
              + "its fields are "
              + fields.keySet()
              + ", but must be dtype, shape and data_offsets");
    }
    String dtype = fields.get("dtype") instanceof Json.Str string ? string.value() : "";
    Integer bits = DTYPE_BITS.get(dtype);
    if (bits == null) {
      throw new IllegalArgumentException(
          who
              + "dtype "
              + Json.quote(dtype)
              + " is none of "
              + DTYPE_BITS.keySet().stream().sorted().toList());
    }
    List<Long> shape = counts(who + "shape", fields.get("shape"));
    List<Long> offsets = counts(who + "data_offsets", fields.get("data_offsets"));
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw new IllegalArgumentException(
          who + "data_offsets " + offsets + " must be [begin, end] with begin <= end");
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    long needed;
    try {
      long elementBits = bits;
      for (long dim : shape) {
        elementBits = Math.multiplyExact(elementBits, dim);
      }
      needed = Math.ceilDivExact(elementBits, 8);
      if (elementBits % 8 != 0) {
        throw new IllegalArgumentException(
            who + "shape " + shape + " of " + dtype + " does not fill whole bytes");
      }
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(who + "shape " + shape + " overflows", e);
    }
    if (end - begin != needed) {
      throw new IllegalArgumentException(
          who
              + "shape "
              + shape
              + " of "
              + dtype
              + " needs "
              + needed
              + " bytes, but data_offsets "
              + offsets
              + " hold "
              + (end - begin));
    }
    return new Safetensors.Entry(name, dtype, shape, begin, end);
  }

  private static List<Long> counts(String what, Json.@Nullable Value value) {
    if (!(value instanceof Json.Arr array)) {
      throw new IllegalArgumentException(what + " must be an array of integers");
    }
    List<Long> out = new ArrayList<>();
    for (Json.Value item : array.values()) {
      if (!(item instanceof Json.Num number)) {
        throw new IllegalArgumentException(what + " must be an array of integers");
      }
      try {
        out.add(number.asCount());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(what + ": " + e.getMessage(), e);
      }
    }
    return List.copyOf(out);
  }

  /** The tensors must cover the data exactly: no gap, no overlap, nothing before or behind. */
  private static void checkCoverage(Map<String, Safetensors.Entry> entries, long dataBytes) {
    List<Safetensors.Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(
        Comparator.comparingLong(Safetensors.Entry::begin)
            .thenComparingLong(Safetensors.Entry::end));
    long at = 0;
    for (Safetensors.Entry entry : sorted) {
      if (entry.begin() != at) {
        throw new IllegalArgumentException(
            "tensor "
                + Json.quote(entry.name())
                + " begins at byte "
                + entry.begin()
                + " of the data, "
                + (entry.begin() < at
                    ? "inside the tensor before it, which ends at "
                    : "leaving a gap from ")
                + at);
      }
      at = entry.end();
    }
    if (at != dataBytes) {
      throw new IllegalArgumentException(
          "the tensors cover "
              + at
              + " bytes of data, but the file holds "
              + dataBytes
              + (at > dataBytes
                  ? ": it is truncated, copy it again"
                  : ": something else follows the last tensor"));
    }
  }
}
