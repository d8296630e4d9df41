package io.striate.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java mirror against {@code striate.h} itself. */
class HeaderTest {
  @TempDir Path temp;

  private static String header() throws Exception {
    String text = Files.readString(CCompiler.header());
    return text.replaceAll("(?s)/\\*.*?\\*/", " ");
  }

  private static Map<String, Integer> javaConstants() throws Exception {
    Map<String, Integer> constants = new TreeMap<>();
    for (Field field : Abi.class.getFields()) {
      constants.put("STRIATE_" + field.getName(), field.getInt(null));
    }
    return constants;
  }

  @Test
  void everyEnumeratorAndConstantIsMirrored() throws Exception {
    Map<String, Integer> fromHeader = new TreeMap<>();
    Matcher enumerators = Pattern.compile("(STRIATE_[A-Z0-9_]+)\\s*=\\s*(\\d+)").matcher(header());
    while (enumerators.find()) {
      fromHeader.put(enumerators.group(1), Integer.parseInt(enumerators.group(2)));
    }
    Matcher defines =
        Pattern.compile("#define\\s+(STRIATE_[A-Z0-9_]+)\\s+(\\d+)\\s").matcher(header());
    while (defines.find()) {
      fromHeader.put(defines.group(1), Integer.parseInt(defines.group(2)));
    }
    assertTrue(fromHeader.size() > 60, "the header was not understood: " + fromHeader);
    assertEquals(fromHeader, javaConstants());
  }

  @Test
  void everyFunctionIsBound() throws Exception {
    List<String> fromHeader = new ArrayList<>();
    Matcher functions =
        Pattern.compile("STRIATE_API\\s[^;]*?\\b(striate_\\w+)\\s*\\(").matcher(header());
    while (functions.find()) {
      fromHeader.add(functions.group(1));
    }
    assertEquals(18, fromHeader.size());
    assertEquals(fromHeader, NativeLibrary.functionNames());
  }

  @Test
  void everyStructIsMirrored() throws Exception {
    TreeSet<String> fromHeader = new TreeSet<>();
    Matcher structs = Pattern.compile("typedef struct (striate_\\w+) \\{").matcher(header());
    while (structs.find()) {
      fromHeader.add(structs.group(1));
    }
    TreeSet<String> mirrored = new TreeSet<>();
    for (StructLayout struct : Structs.ALL) {
      mirrored.add(struct.name().orElseThrow());
    }
    assertEquals(fromHeader, mirrored);
  }

  @Test
  void membersAreInTheHeadersOrder() throws Exception {
    String text = header();
    for (StructLayout struct : Structs.ALL) {
      String name = struct.name().orElseThrow();
      Matcher body =
          Pattern.compile("typedef struct " + name + " \\{(.*?)\\} " + name + ";", Pattern.DOTALL)
              .matcher(text);
      assertTrue(body.find(), name);
      List<String> fromHeader = new ArrayList<>();
      for (String member : body.group(1).split(";", -1)) {
        Matcher identifier =
            Pattern.compile("(\\w+)\\s*(\\[\\w+\\])?\\s*$").matcher(member.strip());
        if (identifier.find()) {
          fromHeader.add(identifier.group(1));
        }
      }
      List<String> mirrored =
          struct.memberLayouts().stream().map(m -> m.name().orElse("(padding)")).toList();
      assertEquals(fromHeader, mirrored, name);
    }
  }

  /** A C compiler checks every size, offset, member size and constant. */
  @Test
  void sizesAndOffsetsAreTheCompilers() throws Exception {
    StringBuilder c = new StringBuilder("#include <stddef.h>\n#include \"striate/striate.h\"\n");
    for (StructLayout struct : Structs.ALL) {
      String name = struct.name().orElseThrow();
      check(c, "sizeof(" + name + ") == " + struct.byteSize());
      check(c, "_Alignof(" + name + ") == " + struct.byteAlignment());
      for (MemoryLayout member : struct.memberLayouts()) {
        String field = member.name().orElseThrow();
        check(c, "offsetof(" + name + ", " + field + ") == " + Structs.offset(struct, field));
        check(c, "sizeof(((" + name + "*)0)->" + field + ") == " + member.byteSize());
        c.append("_Static_assert(_Generic(((").append(name).append("*)0)->").append(field);
        c.append(element(member) ? "[0]" : "").append(cases(member)).append(", \"type of ");
        c.append(field).append("\");\n");
      }
    }
    javaConstants().forEach((name, value) -> check(c, name + " == " + value));
    c.append("int main(void) { return 0; }\n");
    Path source = temp.resolve("layout.c");
    Files.writeString(source, c);
    assertEquals("", CCompiler.run(temp, "-fsyntax-only", source.toString()));
    assertTrue(c.toString().lines().count() > 300, "checks were generated");
  }

  private static boolean element(MemoryLayout member) {
    return member instanceof SequenceLayout;
  }

  /** A _Generic selection that is 1 for the C type that the layout stands for. */
  private static String cases(MemoryLayout member) {
    MemoryLayout layout = member instanceof SequenceLayout s ? s.elementLayout() : member;
    if (layout instanceof GroupLayout group) {
      String type =
          Structs.ALL.stream()
              .filter(s -> s.memberLayouts().equals(group.memberLayouts()))
              .findFirst()
              .flatMap(MemoryLayout::name)
              .orElseThrow();
      return ", " + type + ": 1, default: 0)";
    }
    Class<?> carrier = ((java.lang.foreign.ValueLayout) layout).carrier();
    if (carrier == float.class) {
      return ", float: 1, default: 0)";
    }
    if (carrier == int.class) {
      return ", int32_t: 1, uint32_t: 1, default: 0)";
    }
    if (carrier == long.class) {
      return ", int64_t: 1, default: 0)";
    }
    if (carrier == byte.class) {
      return ", char: 1, default: 0)";
    }
    return ", float: 0, int32_t: 0, int64_t: 0, default: 1)";
  }

  private static void check(StringBuilder c, String condition) {
    c.append("_Static_assert(").append(condition).append(", \"");
    c.append(condition.replace("\"", "")).append("\");\n");
  }
}
