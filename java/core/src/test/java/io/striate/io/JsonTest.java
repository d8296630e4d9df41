package io.striate.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsEveryKindOfValue() {
    Json.Value value =
        Json.parse(
            " {\"a\" : [1, -2.5e+3, true, false, null], \"b\\n"
                + "\\u0041\\ud83d\\ude00\": {}, \"\": \"é\"} ");
    assertEquals(
        new Json.Obj(
            Map.of(
                "a",
                new Json.Arr(
                    List.of(
                        new Json.Num("1"),
                        new Json.Num("-2.5e+3"),
                        new Json.Bool(true),
                        new Json.Bool(false),
                        new Json.Null())),
                "b\nA\ud83d\ude00",
                new Json.Obj(Map.of()),
                "",
                new Json.Str("é"))),
        value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "01",
        "1.",
        ".5",
        "1e",
        "+1",
        "--1",
        "-",
        "tru",
        "nul",
        "NaN",
        "Infinity",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u\u0661234\"",
        "\"a\nb\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "1 1",
        "{} x",
        "// c\n1",
        "{\"a\":1,\"a\":2}",
        "[",
        "[\"a\"",
        "\u00a01"
      })
  void refusesWhatTheStandardRefuses(String text) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Json.parse(text));
    assertTrue(
        e.getMessage().startsWith("JSON: ") && e.getMessage().contains("character"),
        e.getMessage());
  }

  @Test
  void refusesDeepNestingInsteadOfOverflowingTheStack() {
    assertEquals(65, nesting(Json.parse("[".repeat(65) + "]".repeat(65))));
    for (String open : List.of("[", "{\"a\":")) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Json.parse(open.repeat(1_000_000)));
      assertTrue(e.getMessage().contains("64"), e.getMessage());
    }
  }

  private static int nesting(Json.Value value) {
    return value instanceof Json.Arr array && !array.values().isEmpty()
        ? 1 + nesting(array.values().getFirst())
        : 1;
  }

  @Test
  void refusesMalformedUtf8() {
    byte[] overlong = {'"', (byte) 0xc0, (byte) 0x80, '"'};
    assertThrows(IllegalArgumentException.class, () -> Json.parse(overlong));
    assertEquals(new Json.Str("ü"), Json.parse("\"ü\"".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void countsAreExact() {
    assertEquals(Long.MAX_VALUE, new Json.Num("9223372036854775807").asCount());
    for (String text :
        List.of("9223372036854775808", "-1", "1.0", "1e3", "10000000000000000000000")) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> new Json.Num(text).asCount());
      assertTrue(e.getMessage().contains(text), e.getMessage());
    }
  }

  @Test
  void quoteRoundTrips() {
    Random random = new Random(7);
    for (int n = 0; n < 2000; n++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < random.nextInt(12); i++) {
        text.appendCodePoint(
            switch (random.nextInt(3)) {
              case 0 -> random.nextInt(0x80);
              case 1 -> 0x80 + random.nextInt(0xd800 - 0x80);
              default -> 0x10000 + random.nextInt(0x100000);
            });
      }
      assertEquals(new Json.Str(text.toString()), Json.parse(Json.quote(text.toString())));
    }
  }
}
