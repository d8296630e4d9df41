package io.striate.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.io.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassLabelsTest {
  @TempDir Path folder;

  @Test
  void everyFormIsRead() {
    for (String text :
        List.of(
            "[\"tench\", \"great white shark\"]",
            "tench\r\n great white shark \n\n",
            "{\"1\": \"great white shark\", \"0\": \"tench\"}",
            "n01440764 tench\nn01484850 great white shark\n",
            "{\"0\": [\"n01440764\", \"tench\"], \"1\": [\"n01484850\", \"great white shark\"]}")) {
      ClassLabels labels = ClassLabels.parse(text);
      assertEquals(List.of("tench", "great white shark"), labels.names(), text);
      assertEquals(Optional.of(1), labels.indexOf("great white shark"));
      assertEquals(Optional.empty(), labels.indexOf("shark"));
      assertEquals(
          text.contains("n0") ? Optional.of(1) : Optional.empty(), labels.indexOf("n01484850"));
    }
    List<String> mixed = List.of("n01440764 tench", "shark");
    assertEquals(mixed, ClassLabels.parse(String.join("\n", mixed)).names());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|empty",
        "[]|empty",
        "[\"a\", 1]|class 1",
        "[\"a\",]|JSON",
        "{\"0\": \"a\", \"2\": \"b\"}|\"1\" is missing",
        "{\"0\": [\"a\"]}|class 0",
      })
  void otherFormsAreRefused(String text, String expected) throws IOException {
    Path path = Files.writeString(folder.resolve("names.json"), text);
    String message =
        assertThrows(StriateException.class, () -> ClassLabels.read(path)).getMessage();
    assertTrue(message.contains(expected) && message.contains("names.json"), message);
  }

  @Test
  void gapsAndBinaryFilesAreRefused() throws IOException {
    Path gap = Files.writeString(folder.resolve("gap.txt"), "a\n\nb\n");
    assertTrue(
        assertThrows(StriateException.class, () -> ClassLabels.read(gap))
            .getMessage()
            .contains("line 2"));
    Path binary = Files.write(folder.resolve("b.txt"), new byte[] {'a', (byte) 0xff});
    assertThrows(StriateException.class, () -> ClassLabels.read(binary));
    ClassLabels two = ClassLabels.of(List.of("a", "b"));
    assertEquals(2, two.size());
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> two.name(2))
            .getMessage()
            .contains("class 2"));
  }

  @Test
  void imagenetLists() throws IOException {
    ClassLabels words = ClassLabels.read(TestData.require("data/images/imagenet_synset_words.txt"));
    ClassLabels simple =
        ClassLabels.read(TestData.require("data/images/imagenet_simple_labels.json"));
    assertEquals(1000, words.size());
    assertEquals(1000, simple.size());
    assertEquals(Optional.of(1), words.indexOf("n01443537"));
    assertEquals("goldfish, Carassius auratus", words.name(1));
    assertEquals("goldfish", simple.name(1));
    assertEquals("broccoli", simple.name(937));
  }
}
