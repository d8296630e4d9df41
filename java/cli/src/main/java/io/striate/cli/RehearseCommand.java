package io.striate.cli;

import io.striate.nn.Model;
import io.striate.onnx.OnnxExporter;
import io.striate.zoo.Zoo;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Does once what commands do most, on a small network and a picture of its own, and prints nothing:
 * the launcher archives the classes that this loads. Not for users, so hidden.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Loads the classes that commands need most, for the launcher's archive.")
final class RehearseCommand implements Callable<Integer> {
  private static final int SIZE = 64;

  @Override
  public Integer call() throws IOException {
    Path folder = Files.createTempDirectory("striate-rehearsal");
    Path network = folder.resolve("network.onnx");
    Path picture = folder.resolve("picture.jpg");
    Path labels = folder.resolve(Labels.USUAL);
    try {
      Model model = Zoo.seeded("squeezenet1.1", 1, SIZE, SIZE);
      OnnxExporter.write(model, network);
      Files.writeString(
          labels,
          IntStream.range(0, Labels.IMAGENET_CLASSES)
              .mapToObj(i -> "n%08d class %d".formatted(i, i))
              .collect(Collectors.joining("\n")));
      BufferedImage pixels = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_3BYTE_BGR);
      ImageIO.write(pixels, "jpg", picture.toFile());
      String file = network.toString();
      int failed = 0;
      for (List<String> command :
          List.of(
              List.of("classify", file, picture.toString(), "--strategy", "auto"),
              List.of("explain", file, "--strategy", "auto"),
              List.of("summary", file))) {
        String[] words = command.toArray(String[]::new);
        CommandLine line = Main.commandLine(words);
        line.setOut(new PrintWriter(Writer.nullWriter()));
        failed += line.execute(words) == 0 ? 0 : 1;
      }
      return failed == 0 ? 0 : 1;
    } finally {
      Files.deleteIfExists(network);
      Files.deleteIfExists(picture);
      Files.deleteIfExists(labels);
      Files.deleteIfExists(folder);
    }
  }
}
