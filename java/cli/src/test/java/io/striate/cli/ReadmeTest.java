package io.striate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Model;
import io.striate.onnx.OnnxModel;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the README shows is true: its Java compiles, its commands exist. */
class ReadmeTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND =
      Pattern.compile("^\\./striate ([a-z]+)", Pattern.MULTILINE);

  /** Commands of the launcher, which the tool does not know. */
  private static final List<String> LAUNCHER =
      List.of("format", "build", "jmh", "load", "sanitize");

  private static final String IMPORTS =
      """
      import io.striate.exec.*;
      import io.striate.image.*;
      import io.striate.nn.*;
      import io.striate.onnx.*;
      import io.striate.serve.*;
      import io.striate.tensor.*;
      import io.striate.zoo.*;
      import java.nio.file.Path;
      import java.time.Duration;
      import java.util.concurrent.CompletableFuture;
      import java.util.concurrent.ExecutorService;
      import java.util.concurrent.Executors;
      """;

  @TempDir Path folder;

  private static String readme() throws IOException {
    return Files.readString(Path.of("../../README.md"));
  }

  @Test
  void itsJavaCompiles() throws IOException {
    Matcher m = JAVA.matcher(readme());
    int count = 0;
    while (m.find()) {
      String name = "Readme" + count++;
      Path source = folder.resolve(name + ".java");
      Files.writeString(
          source,
          IMPORTS
              + "class "
              + name
              + " { static void run() throws Exception {\n"
              + m.group(1)
              + "}}");
      assertEquals("", compile(source), m.group(1));
    }
    assertTrue(count >= 1, "the README must show how to embed Striate");
  }

  private String compile(Path source) {
    StringWriter out = new StringWriter();
    PrintWriter writer = new PrintWriter(out);
    List<String> args = new ArrayList<>(List.of("-proc:none", "-d", folder.toString()));
    String libraries = place(Model.class) + File.pathSeparator + place(OnnxModel.class);
    args.addAll(List.of("--class-path", libraries, source.toString()));
    int code =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(writer, writer, args.toArray(String[]::new));
    return code == 0 ? "" : out.toString();
  }

  private static String place(Class<?> type) {
    return new File(type.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath();
  }

  @Test
  void itsCommandsExist() throws IOException {
    CommandLine line = Main.commandLine();
    Matcher m = COMMAND.matcher(readme());
    int count = 0;
    while (m.find()) {
      String command = m.group(1);
      count++;
      assertTrue(
          LAUNCHER.contains(command) || line.getSubcommands().containsKey(command),
          "the README shows ./striate " + command);
    }
    assertTrue(count >= 8, "the README must show the commands");
  }
}
