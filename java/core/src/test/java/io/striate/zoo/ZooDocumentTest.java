package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.nn.Summary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table in docs/zoo.md is that of the networks. */
class ZooDocumentTest {

  private static String line(Architecture a) {
    Summary s = a.build().summary();
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %,d | %,.1f | %,.1f | %s, %d |",
        a.name(),
        a.title(),
        a.input().stream().map(String::valueOf).collect(Collectors.joining("×")),
        s.parameters(),
        s.macs() / 1e6,
        s.memory() * 4 / 1048576.0,
        a.paper().venue(),
        a.paper().year());
  }

  @Test
  void everyNetworkHasItsLine() throws IOException {
    Path page = Path.of(System.getProperty("striate.root", "../.."), "docs", "zoo.md");
    List<String> found =
        Files.readAllLines(page).stream().filter(l -> l.matches("\\| [a-z0-9._]+ \\|.*")).toList();
    List<String> expected = Zoo.all().stream().map(ZooDocumentTest::line).toList();
    assertEquals(String.join("\n", expected), String.join("\n", found));
  }
}
