package io.striate.cli;

import io.striate.nn.Model;
import io.striate.nn.WeightMap;
import io.striate.onnx.OnnxModel;
import io.striate.onnx.OnnxOptions;
import io.striate.tensor.Shape;
import io.striate.zoo.Zoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The MODEL parameter and how it is loaded. */
final class ModelSource {
  private static final String ZOO = "zoo:";

  @Parameters(index = "0", paramLabel = "MODEL", description = "An ONNX file, or zoo:NAME.")
  @SuppressWarnings("NullAway.Init")
  private String model;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the weights of zoo:NAME (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "Weights for MODEL from a .safetensors or .npz file with PyTorch's names; every one must fit.")
  private Optional<Path> weights = Optional.empty();

  @Option(
      names = "--external-data",
      description = "Allow an ONNX file to read its weights from files beside it.")
  private boolean externalData;

  @Option(
      names = "--input-shape",
      paramLabel = "NAME=NxCxHxW",
      description =
          "Fix the shape of an input with symbolic dimensions; N may be the letter N for any batch.")
  private Map<String, String> inputShapes = new LinkedHashMap<>();

  @Option(
      names = "--image-size",
      paramLabel = "HxW",
      description =
          "Size of images where the model leaves it open (224x224), or for zoo:NAME where it is"
              + " another than the architecture's own.")
  private Optional<String> imageSize = Optional.empty();

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  Model load() {
    weights.ifPresent(
        file -> {
          if (!Files.isRegularFile(file)) {
            throw usage("there is no weight file " + file);
          }
        });
    if (!model.startsWith(ZOO)) {
      return weighted(onnx(), WeightMap.torchvision());
    }
    if (!inputShapes.isEmpty() || externalData) {
      throw usage("--input-shape and --external-data are for ONNX files, not for " + model);
    }
    String name = model.substring(ZOO.length());
    if (!Zoo.names().contains(name)) {
      throw usage("there is no architecture '" + name + "'; choose one of " + Zoo.names());
    }
    return weighted(zoo(name), Zoo.of(name).weightMap());
  }

  private Model zoo(String name) {
    if (imageSize.isEmpty()) {
      return Zoo.seeded(name, seed);
    }
    Shape size = imageSize(imageSize.get());
    try {
      return Zoo.seeded(name, seed, size.dim(0), size.dim(1));
    } catch (IllegalArgumentException e) {
      throw usage("--image-size " + imageSize.get() + ": " + e.getMessage());
    }
  }

  private Shape imageSize(String text) {
    Shape size;
    try {
      size = shape(text, "--image-size");
    } catch (IllegalArgumentException e) {
      throw usage("--image-size " + text + ": " + e.getMessage());
    }
    if (size.rank() != 2 || size.isDynamic()) {
      throw usage("--image-size " + text + " must be height and width, for example 224x224");
    }
    return size;
  }

  private Model weighted(Model plain, WeightMap map) {
    if (weights.isEmpty()) {
      return plain;
    }
    try {
      return plain.loadWeights(weights.get(), map);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Model onnx() {
    Path file = Path.of(model);
    if (!Files.isRegularFile(file)) {
      throw usage("there is no model file " + file + " (an ONNX file or zoo:NAME is expected)");
    }
    Shape size = imageSize(imageSize.orElse("224x224"));
    OnnxOptions options =
        OnnxOptions.defaults()
            .withExternalData(externalData)
            .withImageSize(Math.toIntExact(size.dim(0)), Math.toIntExact(size.dim(1)));
    for (Map.Entry<String, String> e : inputShapes.entrySet()) {
      options = options.withInputShape(e.getKey(), shape(e.getValue(), "--input-shape"));
    }
    return OnnxModel.load(file, options);
  }

  private Shape shape(String text, String option) {
    List<Long> dims = new ArrayList<>();
    for (String part : text.split("[x,]", -1)) {
      try {
        dims.add(dims.isEmpty() && part.equals("N") ? Shape.DYNAMIC : Long.parseLong(part));
      } catch (NumberFormatException e) {
        throw usage(
            "'"
                + part
                + "' in "
                + option
                + " "
                + text
                + " is no number; write for example 224x224");
      }
    }
    return Shape.of(dims);
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  /** The parameter as typed. */
  String name() {
    return model;
  }
}
