package io.striate.cli;

import io.striate.image.Interpolation;
import io.striate.image.Preprocessing;
import io.striate.image.Preprocessing.Channels;
import io.striate.image.Preprocessing.Resize;
import io.striate.image.Preprocessing.Size;
import io.striate.nn.Model;
import io.striate.tensor.Shape;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * How pictures become inputs: what the options say, on top of the preset that they name, else of
 * what travels with the model, else of the preset that fits the input's shape.
 */
final class PreprocessingOptions {
  @Option(names = "--preset", paramLabel = "NAME", description = "imagenet, cifar10 or mnist.")
  private Optional<String> preset = Optional.empty();

  @Option(
      names = "--resize",
      paramLabel = "HOW",
      description = "none, shorter:256 (shorter side) or exact:32x32.")
  private Optional<String> resize = Optional.empty();

  @Option(
      names = "--interpolation",
      paramLabel = "F",
      description = "bilinear, bicubic, box, hamming, lanczos or nearest.")
  private Optional<String> interpolation = Optional.empty();

  @Option(
      names = {"--size", "--crop"},
      paramLabel = "WxH",
      description = "Size of the centre crop: the network's input; none for no crop.")
  private Optional<String> crop = Optional.empty();

  @Option(names = "--channels", paramLabel = "ORDER", description = "rgb, bgr or grey.")
  private Optional<String> channels = Optional.empty();

  @Option(
      names = "--scale",
      paramLabel = "X",
      description = "Factor of a pixel of 0 … 255, e.g. 0.00392156862745.")
  private Optional<Double> scale = Optional.empty();

  @Option(names = "--mean", paramLabel = "R,G,B", description = "Subtracted after scaling.")
  private Optional<String> mean = Optional.empty();

  @Option(names = "--std", paramLabel = "R,G,B", description = "Divided by.")
  private Optional<String> std = Optional.empty();

  @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  /** The pre-processing for a model with one image input, and a word on where it comes from. */
  record Chosen(Preprocessing preprocessing, String origin) {}

  Chosen choose(Model model) {
    if (model.graph().inputs().size() != 1) {
      throw usage(
          "pictures need a model with one input, but this one has " + model.graph().inputs());
    }
    Shape input = model.graph().inputs().get(0).shape();
    if (input.rank() != 4 || (input.dim(1) != 1 && input.dim(1) != 3)) {
      throw usage(
          "pictures need an input N x 1 x H x W or N x 3 x H x W, but the model takes "
              + input
              + "; use striate run");
    }
    try {
      Chosen base = base(model, input);
      Preprocessing result = overridden(base.preprocessing());
      Size size = result.outputSize().orElse(null);
      Size wanted = new Size(Math.toIntExact(input.dim(3)), Math.toIntExact(input.dim(2)));
      if (result.channels().count() != input.dim(1) || (size != null && !size.equals(wanted))) {
        throw usage(
            "the pre-processing gives "
                + result.channels()
                + " pictures of "
                + size
                + ", but the model takes "
                + input
                + "; set --size and --channels, or another --preset");
      }
      return new Chosen(result, base.origin());
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Chosen base(Model model, Shape input) {
    if (preset.isPresent()) {
      return new Chosen(Preprocessing.preset(preset.get()), "preset " + preset.get());
    }
    Optional<Preprocessing> own = Preprocessing.fromMap(model.metadata());
    if (own.isPresent()) {
      return new Chosen(own.get(), "as the model says");
    }
    int width = Math.toIntExact(input.dim(3));
    int height = Math.toIntExact(input.dim(2));
    if (input.dim(1) == 1) {
      Preprocessing p = Preprocessing.mnist().withResize(new Resize.Exact(new Size(width, height)));
      return new Chosen(p, "preset mnist, guessed from the input " + input);
    }
    if (width == 32 && height == 32) {
      return new Chosen(Preprocessing.cifar10(), "preset cifar10, guessed from the input " + input);
    }
    Preprocessing p = Preprocessing.imagenet();
    if (width != 224 || height != 224) {
      int shorter = Math.round(Math.max(width, height) * 256 / 224f);
      p =
          p.withResize(new Resize.ShorterSide(shorter))
              .withCrop(Optional.of(new Size(width, height)));
    }
    return new Chosen(p, "preset imagenet, guessed from the input " + input);
  }

  private Preprocessing overridden(Preprocessing base) {
    Preprocessing p = base;
    if (resize.isPresent()) {
      p = p.withResize(Resize.of(resize.get()));
    }
    if (interpolation.isPresent()) {
      p = p.withInterpolation(Interpolation.of(interpolation.get()));
    }
    if (crop.isPresent()) {
      p =
          p.withCrop(
              crop.get().equals("none") ? Optional.empty() : Optional.of(Size.of(crop.get())));
    }
    Channels from = p.channels();
    Channels to = channels.map(c -> Channels.valueOf(c.toUpperCase(Locale.ROOT))).orElse(from);
    List<Double> oldMean = p.mean();
    List<Double> oldStd = p.std();
    List<Double> newMean =
        mean.map(Preprocessing::numbers).orElseGet(() -> fitted(oldMean, from, to, 0.0));
    List<Double> newStd =
        std.map(Preprocessing::numbers).orElseGet(() -> fitted(oldStd, from, to, 1.0));
    p = p.withChannels(to, newMean, newStd);
    return scale.isPresent() ? p.withNormalisation(scale.get(), newMean, newStd) : p;
  }

  /** Numbers for other channels: reversed for the other colour order, neutral for another count. */
  private static List<Double> fitted(
      List<Double> values, Channels from, Channels to, double neutral) {
    if (from == to) {
      return values;
    }
    return from.count() == to.count()
        ? values.reversed()
        : Collections.nCopies(to.count(), neutral);
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
