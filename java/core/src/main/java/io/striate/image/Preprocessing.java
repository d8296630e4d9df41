package io.striate.image;

import io.striate.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The way from a picture to a network's input, in this order: channels, resize, centre crop, then
 * for every value
 *
 * <pre>input[n, c, y, x] = (pixel[y, x, c] · scale - mean[c]) / std[c],   pixel in 0 … 255</pre>
 *
 * <p>Sizes and the place of the crop are those of torchvision: the longer side is {@code
 * floor(size·long/short)}, the crop begins at half the difference, rounded half to even. Resizing
 * is Pillow's, bit for bit; see {@link Image#resize}.
 *
 * @param resize what is done to the size
 * @param interpolation the filter used for it
 * @param crop size of the centre crop, if any
 * @param channels number and order of the channels
 * @param scale factor of the pixel, usually 1/255
 * @param mean subtracted, one value per channel in the order of {@code channels}
 * @param std divided by, one value per channel in the order of {@code channels}
 */
public record Preprocessing(
    Resize resize,
    Interpolation interpolation,
    Optional<Size> crop,
    Channels channels,
    double scale,
    List<Double> mean,
    List<Double> std) {

  private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
  private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);
  private static final double BYTE = 1 / 255.0;

  private static final Preprocessing IMAGENET =
      new Preprocessing(
          new Resize.ShorterSide(256),
          Interpolation.BILINEAR,
          Optional.of(new Size(224, 224)),
          Channels.RGB,
          BYTE,
          IMAGENET_MEAN,
          IMAGENET_STD);
  private static final Preprocessing CIFAR10 =
      new Preprocessing(
          new Resize.Exact(new Size(32, 32)),
          Interpolation.BILINEAR,
          Optional.empty(),
          Channels.RGB,
          BYTE,
          IMAGENET_MEAN,
          IMAGENET_STD);
  private static final Preprocessing MNIST =
      new Preprocessing(
          new Resize.Exact(new Size(28, 28)),
          Interpolation.BILINEAR,
          Optional.empty(),
          Channels.GREY,
          1 / 256.0,
          List.of(0.0),
          List.of(1.0));

  /** Number and order of the channels of the input. */
  public enum Channels {
    /** Red, green, blue; a grey picture gives three equal channels. */
    RGB(3),
    /** Blue, green, red, as Caffe and OpenCV have it. */
    BGR(3),
    /** Luma; see {@link Image#toGrey}. */
    GREY(1);

    private final int count;

    Channels(int count) {
      this.count = count;
    }

    /** 3 or 1. */
    public int count() {
      return count;
    }
  }

  /** A size in pixels. */
  public record Size(int width, int height) {
    /** Checks that both are at least 1. */
    public Size {
      if (width < 1 || height < 1) {
        throw new IllegalArgumentException(
            "size " + width + "x" + height + "; both must be at least 1");
      }
    }

    /** Reads {@code 224x224} (width x height), or {@code 224} for a square. */
    public static Size of(String text) {
      String[] parts = text.split("x", -1);
      try {
        if (parts.length <= 2) {
          return new Size(Integer.parseInt(parts[0]), Integer.parseInt(parts[parts.length - 1]));
        }
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "size '" + text + "' is not of the form 224x224 or 224", e);
      }
      throw new IllegalArgumentException("size '" + text + "' is not of the form 224x224 or 224");
    }

    /** Written out as in {@code io.striate.graph.Value}: every picture's size is compared. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Size that && width == that.width && height == that.height;
    }

    @Override
    public int hashCode() {
      return 31 * width + height;
    }

    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  /** What is done to the size of a picture. */
  public sealed interface Resize {
    /** The size after resizing a picture of {@code from}. */
    Size apply(Size from);

    /** Nothing. */
    record None() implements Resize {
      @Override
      public Size apply(Size from) {
        return from;
      }

      @Override
      public String toString() {
        return "none";
      }
    }

    /** The shorter side becomes {@code size}, the proportions stay. */
    record ShorterSide(int size) implements Resize {
      /** Checks that the size is at least 1. */
      public ShorterSide {
        if (size < 1) {
          throw new IllegalArgumentException(
              "shorter side of " + size + " pixels; it must be at least 1");
        }
      }

      @Override
      public Size apply(Size from) {
        boolean portrait = from.width() <= from.height();
        int shorter = portrait ? from.width() : from.height();
        int longer = portrait ? from.height() : from.width();
        int scaled = Math.toIntExact((long) size * longer / shorter);
        return portrait ? new Size(size, scaled) : new Size(scaled, size);
      }

      @Override
      public String toString() {
        return "shorter:" + size;
      }
    }

    /** Exactly this size, whatever the proportions. */
    record Exact(Size size) implements Resize {
      @Override
      public Size apply(Size from) {
        return size;
      }

      @Override
      public String toString() {
        return "exact:" + size;
      }
    }

    /** Reads {@code none}, {@code shorter:256} or {@code exact:32x32}. */
    static Resize of(String text) {
      String[] parts = text.split(":", 2);
      if (text.equals("none")) {
        return new None();
      } else if (parts.length == 2
          && parts[0].equals("shorter")
          && parts[1].matches("[1-9][0-9]{0,8}")) {
        return new ShorterSide(Integer.parseInt(parts[1]));
      } else if (parts.length == 2 && parts[0].equals("exact")) {
        return new Exact(Size.of(parts[1]));
      }
      throw new IllegalArgumentException(
          "resize '" + text + "' is not of the form none, shorter:256 or exact:32x32");
    }
  }

  /** Checks that mean and deviation have one value per channel and are usable. */
  public Preprocessing {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != channels.count() || std.size() != channels.count()) {
      throw new IllegalArgumentException(
          "mean "
              + mean
              + " and std "
              + std
              + " must have "
              + channels.count()
              + " values for "
              + channels);
    }
    for (double value : std) {
      if (!(Math.abs(value) > 0) || Double.isInfinite(value)) {
        throw new IllegalArgumentException("std " + std + " must hold finite values other than 0");
      }
    }
    boolean finite = Double.isFinite(scale);
    for (double value : mean) {
      finite &= Double.isFinite(value);
    }
    if (!finite) {
      throw new IllegalArgumentException(
          "scale " + scale + " and mean " + mean + " must be finite");
    }
  }

  /** Shorter side 256, bilinear, centre crop 224x224, RGB, mean and deviation of ImageNet. */
  public static Preprocessing imagenet() {
    return IMAGENET;
  }

  /**
   * 32x32, bilinear if need be, RGB, mean and deviation of ImageNet: that is what the common
   * ResNets use.
   */
  public static Preprocessing cifar10() {
    return CIFAR10;
  }

  /** 28x28 grey, pixel/256, as Caffe's LeNet has it. */
  public static Preprocessing mnist() {
    return MNIST;
  }

  /** The preset {@code imagenet}, {@code cifar10} or {@code mnist}. */
  public static Preprocessing preset(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "imagenet" -> IMAGENET;
      case "cifar10" -> CIFAR10;
      case "mnist" -> MNIST;
      default ->
          throw new IllegalArgumentException(
              "unknown preset '" + name + "'; choose imagenet, cifar10 or mnist");
    };
  }

  /** The same with another resize. */
  public Preprocessing withResize(Resize value) {
    return new Preprocessing(value, interpolation, crop, channels, scale, mean, std);
  }

  /** The same with another filter. */
  public Preprocessing withInterpolation(Interpolation value) {
    return new Preprocessing(resize, value, crop, channels, scale, mean, std);
  }

  /** The same with another crop. */
  public Preprocessing withCrop(Optional<Size> value) {
    return new Preprocessing(resize, interpolation, value, channels, scale, mean, std);
  }

  /**
   * The same with other channels; mean and deviation must come along, because their number or order
   * may change.
   */
  public Preprocessing withChannels(Channels value, List<Double> newMean, List<Double> newStd) {
    return new Preprocessing(resize, interpolation, crop, value, scale, newMean, newStd);
  }

  /** The same with other numbers. */
  public Preprocessing withNormalisation(
      double newScale, List<Double> newMean, List<Double> newStd) {
    return new Preprocessing(resize, interpolation, crop, channels, newScale, newMean, newStd);
  }

  /** The size that every picture ends with; empty if it depends on the picture. */
  public Optional<Size> outputSize() {
    return crop.isPresent()
        ? crop
        : resize instanceof Resize.Exact exact ? Optional.of(exact.size()) : Optional.empty();
  }

  /** The size that a picture of {@code from} ends with. */
  public Size outputSize(Size from) {
    return crop.orElseGet(() -> resize.apply(from));
  }

  /**
   * N, C, H, W of a batch; throws {@link IllegalArgumentException} if the size depends on the
   * picture.
   */
  public Shape inputShape(long batch) {
    Size size =
        outputSize()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "resize "
                            + resize
                            + " without a crop gives pictures of any size; set a crop or an exact"
                            + " size"));
    return Shape.of(batch, channels.count(), size.height(), size.width());
  }

  /** A worker with its own scratch memory, for one thread. */
  public Preprocessor newPreprocessor() {
    return new Preprocessor(this);
  }

  /** Keys and values that travel with a model as its metadata; see {@link #fromMap}. */
  public Map<String, String> toMap() {
    return PreprocessingMap.write(this);
  }

  /**
   * Reads what {@link #toMap} wrote from the metadata of a model; other keys are ignored. Empty if
   * there is none of it.
   *
   * @throws IllegalArgumentException naming the key if one is missing, unknown or has a senseless
   *     value
   */
  public static Optional<Preprocessing> fromMap(Map<String, String> metadata) {
    return PreprocessingMap.read(metadata);
  }

  /** Reads a list of numbers: {@code 0.485,0.456,0.406}. */
  public static List<Double> numbers(String text) {
    try {
      return Arrays.stream(text.split(",", -1)).map(part -> Double.valueOf(part.strip())).toList();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a list of numbers like 0.485,0.456,0.406", e);
    }
  }
}
