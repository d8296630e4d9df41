package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.AutoPad;
import io.striate.op.Epilogue;
import io.striate.op.Window;
import io.striate.op.contract.Data.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The convolutions of the contract: a curated list that aims at every edge, and seeded random ones.
 */
final class ConvSpecs {
  /** Channel counts around the lanes and tiles of every provider, primes, and 1. */
  private static final List<Integer> CHANNELS =
      List.of(1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65);

  private ConvSpecs() {}

  static List<ConvSpec> curated() {
    List<ConvSpec> out = new ArrayList<>();
    pointwise(out);
    threeByThree(out);
    strides(out);
    padding(out);
    dilation(out);
    groups(out);
    depthwise(out);
    stems(out);
    oddKernels(out);
    otherRanks(out);
    epilogues(out);
    places(out);
    return out;
  }

  /** Every activation with parameters that show. */
  static List<Activation> activations() {
    return List.of(
        Activation.NONE,
        Activation.RELU,
        Activation.leakyRelu(0.25f),
        Activation.elu(0.75f),
        Activation.SELU,
        Activation.SIGMOID,
        Activation.TANH,
        Activation.SCALED_TANH,
        Activation.hardSigmoid(0.2f, 0.5f),
        Activation.HARD_SWISH,
        Activation.GELU,
        Activation.GELU_TANH,
        Activation.SILU,
        Activation.clip(-2, 6));
  }

  private static void pointwise(List<ConvSpec> out) {
    for (int c : CHANNELS) {
      out.add(ConvSpec.of(c, 16, List.of(3, 5), 1, 1));
      out.add(ConvSpec.of(16, c, List.of(5, 3), 1, 1).epilogue(Epilogue.BIAS));
      out.add(ConvSpec.of(c, c, List.of(1, 1), 1, 1));
    }
    for (int pixels : List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 23, 24, 25)) {
      out.add(ConvSpec.of(5, 33, List.of(1, pixels), 1, 1));
      out.add(ConvSpec.of(17, 65, List.of(pixels, 1), 1, 1).images(2).epilogue(Epilogue.BIAS));
    }
    out.add(ConvSpec.of(16, 32, List.of(7, 7), 1, 1).stride(2));
    out.add(ConvSpec.of(16, 32, List.of(8, 8), 1, 1).stride(2));
    out.add(ConvSpec.of(8, 8, List.of(5, 5), 1, 1).pad(1));
    out.add(ConvSpec.of(300, 20, List.of(2, 2), 1, 1));
    out.add(ConvSpec.of(20, 300, List.of(2, 2), 1, 1));
    out.add(ConvSpec.of(513, 130, List.of(3, 3), 1, 1));
  }

  private static void threeByThree(List<ConvSpec> out) {
    for (int c : CHANNELS) {
      out.add(ConvSpec.of(c, 16, List.of(5, 4), 3, 3).pad(1));
      out.add(
          ConvSpec.of(8, c, List.of(4, 5), 3, 3).pad(1).epilogue(ConvSpec.with(Activation.RELU)));
    }
    for (int size : List.of(1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 14, 15)) {
      out.add(ConvSpec.of(4, 20, List.of(size, size), 3, 3).pad(1));
      out.add(ConvSpec.of(3, 17, List.of(3, size), 3, 3).pad(1).images(3));
      out.add(ConvSpec.of(17, 5, List.of(size + 2, 7), 3, 3));
    }
    out.add(ConvSpec.of(64, 64, List.of(7, 7), 3, 3).pad(1));
    out.add(ConvSpec.of(96, 130, List.of(4, 4), 3, 3).pad(1));
    out.add(ConvSpec.of(257, 48, List.of(3, 3), 3, 3).pad(1));
  }

  private static void strides(List<ConvSpec> out) {
    for (int size : List.of(5, 6, 7, 8, 9)) {
      for (int stride : List.of(2, 3, 4)) {
        out.add(ConvSpec.of(8, 24, List.of(size, size + 1), 3, 3).stride(stride).pad(1));
      }
    }
    out.add(ConvSpec.of(8, 16, List.of(9, 9), 3, 3).stride(1, 2).pad(1));
    out.add(ConvSpec.of(8, 16, List.of(9, 9), 3, 3).stride(3, 1));
    out.add(ConvSpec.of(8, 16, List.of(9, 9), 2, 2).stride(5));
    out.add(ConvSpec.of(8, 16, List.of(9, 9), 1, 1).stride(20));
    out.add(ConvSpec.of(4, 16, List.of(12, 12), 2, 2).stride(2));
  }

  private static void padding(List<ConvSpec> out) {
    for (AutoPad mode : List.of(AutoPad.SAME_UPPER, AutoPad.SAME_LOWER, AutoPad.VALID)) {
      for (int kernel : List.of(2, 3, 4, 5)) {
        out.add(ConvSpec.of(6, 18, List.of(7, 8), kernel, kernel).pad(mode));
        out.add(ConvSpec.of(6, 18, List.of(7, 8), kernel, kernel).stride(2).pad(mode));
      }
    }
    out.add(ConvSpec.of(5, 9, List.of(4, 6), 3, 3).pad(List.of(0, 1), List.of(2, 0)));
    out.add(ConvSpec.of(5, 9, List.of(4, 6), 3, 3).pad(List.of(2, 0), List.of(0, 1)).stride(2));
    out.add(ConvSpec.of(5, 9, List.of(4, 6), 3, 3).pad(List.of(0, 0), List.of(0, 5)));
    out.add(ConvSpec.of(5, 9, List.of(4, 6), 3, 3).pad(4));
    out.add(ConvSpec.of(5, 9, List.of(2, 3), 5, 5).pad(2));
    out.add(ConvSpec.of(5, 9, List.of(1, 1), 7, 7).pad(3));
    out.add(ConvSpec.of(5, 9, List.of(2, 2), 7, 7).pad(List.of(5, 3), List.of(4, 2)));
    out.add(ConvSpec.of(5, 9, List.of(1, 2), 3, 4).pad(List.of(2, 3), List.of(2, 3)).stride(2));
    out.add(ConvSpec.of(3, 40, List.of(1, 1), 3, 3).pad(10).stride(7));
  }

  private static void dilation(List<ConvSpec> out) {
    for (int dilation : List.of(2, 3, 5)) {
      out.add(ConvSpec.of(7, 19, List.of(9, 10), 3, 3).dilation(dilation).pad(dilation));
      out.add(ConvSpec.of(7, 19, List.of(11, 12), 3, 3).dilation(dilation));
      out.add(ConvSpec.of(7, 19, List.of(11, 12), 3, 3).dilation(dilation).stride(2).pad(1));
      out.add(ConvSpec.of(7, 19, List.of(9, 8), 2, 3).dilation(1, dilation).pad(0, dilation));
    }
    out.add(ConvSpec.of(4, 4, List.of(3, 3), 3, 3).dilation(4).pad(4));
    out.add(ConvSpec.of(3, 16, List.of(14, 14), 5, 5).dilation(2).pad(4));
  }

  private static void groups(List<ConvSpec> out) {
    for (int groups : List.of(2, 3, 4)) {
      for (int perGroup : List.of(1, 5, 8, 17)) {
        out.add(
            ConvSpec.of(groups * perGroup, groups * 6, List.of(4, 5), 3, 3).groups(groups).pad(1));
        out.add(
            ConvSpec.of(groups * 4, groups * perGroup, List.of(4, 3), 1, 1)
                .groups(groups)
                .images(2));
      }
    }
    out.add(ConvSpec.of(32, 64, List.of(5, 5), 3, 3).groups(32).pad(1));
    out.add(ConvSpec.of(64, 32, List.of(5, 5), 3, 3).groups(32).pad(1).stride(2));
    out.add(
        ConvSpec.of(96, 256, List.of(3, 3), 3, 3)
            .groups(2)
            .pad(1)
            .epilogue(ConvSpec.with(Activation.RELU)));
    groupsOfAVector(out);
  }

  /** Several groups in a vector, as many outputs as inputs. */
  private static void groupsOfAVector(List<ConvSpec> out) {
    Epilogue all = Epilogue.BIAS.withResidual();
    for (int perGroup : List.of(2, 4, 8, 16)) {
      int channels = perGroup * (1 + 32 / perGroup);
      int groups = channels / perGroup;
      for (int stride : List.of(1, 2)) {
        out.add(
            ConvSpec.of(channels, channels, List.of(9, 17), 3, 3)
                .groups(groups)
                .pad(1)
                .stride(stride)
                .images(2)
                .epilogue(all.withActivation(Activation.RELU)));
        out.add(
            ConvSpec.of(channels, channels, List.of(7, 11), 5, 5)
                .groups(groups)
                .pad(2, 1)
                .stride(stride)
                .epilogue(all.withActivation(Activation.SILU)));
      }
      out.add(
          ConvSpec.of(channels, channels, List.of(9, 13), 3, 3)
              .groups(groups)
              .pad(2)
              .dilation(2)
              .places(Place.PITCH, Place.PITCH));
      out.add(ConvSpec.of(channels, channels, List.of(6, 9), 7, 7).groups(groups).pad(3));
      out.add(ConvSpec.of(channels, channels, List.of(4, 5), 3, 3).groups(groups).pad(1));
    }
  }

  private static void depthwise(List<ConvSpec> out) {
    for (int c : CHANNELS) {
      out.add(ConvSpec.of(c, c, List.of(5, 6), 3, 3).groups(c).pad(1));
      out.add(
          ConvSpec.of(c, c, List.of(7, 7), 3, 3)
              .groups(c)
              .pad(1)
              .stride(2)
              .epilogue(ConvSpec.with(Activation.RELU)));
    }
    for (int kernel : List.of(1, 2, 5, 7)) {
      out.add(ConvSpec.of(20, 20, List.of(8, 9), kernel, kernel).groups(20).pad(kernel / 2));
      out.add(
          ConvSpec.of(33, 33, List.of(8, 9), kernel, kernel)
              .groups(33)
              .pad(kernel / 2)
              .dilation(2)
              .images(2));
    }
    out.add(ConvSpec.of(12, 24, List.of(5, 5), 3, 3).groups(12).pad(1));
    out.add(ConvSpec.of(5, 15, List.of(5, 5), 3, 3).groups(5).pad(1));
    out.add(ConvSpec.of(16, 16, List.of(5, 5), 3, 3).groups(16).pad(List.of(0, 2), List.of(1, 0)));
    out.add(ConvSpec.of(18, 18, List.of(20), 5).groups(18).pad(2));
    out.add(ConvSpec.of(18, 18, List.of(3, 4, 5), 3, 3, 3).groups(18).pad(1));
    longRows(out);
  }

  /** Depthwise over several strips of a row and several bands of rows. */
  private static void longRows(List<ConvSpec> out) {
    Epilogue all = Epilogue.BIAS.withResidual();
    for (int kernel : List.of(3, 5, 7)) {
      for (int stride : List.of(1, 2, 3)) {
        out.add(
            ConvSpec.of(35, 35, List.of(17, 23), kernel, kernel)
                .groups(35)
                .pad(kernel / 2)
                .stride(stride)
                .images(2)
                .epilogue(all.withActivation(Activation.RELU)));
      }
    }
    out.add(ConvSpec.of(150, 150, List.of(3, 31), 3, 3).groups(150).pad(1));
    out.add(ConvSpec.of(35, 35, List.of(31, 4), 3, 3).groups(35).pad(1).stride(1, 2));
    out.add(ConvSpec.of(32, 32, List.of(4, 29), 3, 3).groups(32).pad(2).dilation(1, 2));
    out.add(ConvSpec.of(33, 33, List.of(40), 5).groups(33).pad(List.of(4), List.of(0)));
    for (Place place : List.of(Place.PITCH, Place.CHANNEL_RANGE)) {
      out.add(
          ConvSpec.of(36, 36, List.of(16, 17), 3, 3)
              .groups(36)
              .pad(1)
              .images(2)
              .places(place, place)
              .epilogue(all.withActivation(Activation.SILU)));
    }
  }

  private static void stems(List<ConvSpec> out) {
    for (Place place : List.of(Place.CHANNELS_LAST, Place.ROW_MAJOR, Place.PITCH)) {
      for (int ic : List.of(1, 3, 4)) {
        out.add(
            ConvSpec.of(ic, 64, List.of(18, 19), 7, 7)
                .stride(2)
                .pad(3)
                .places(place, Place.CHANNELS_LAST));
        out.add(
            ConvSpec.of(ic, 16, List.of(13, 14), 3, 3)
                .stride(2)
                .places(place, Place.CHANNELS_LAST)
                .images(2));
        out.add(ConvSpec.of(ic, 20, List.of(12, 12), 5, 5).places(place, Place.CHANNELS_LAST));
      }
      out.add(ConvSpec.of(3, 96, List.of(27, 23), 11, 11).stride(4).places(place, Place.PITCH));
      out.add(ConvSpec.of(3, 10, List.of(16, 16), 5, 5).pad(2).places(place, Place.CHANNELS_LAST));
    }
  }

  private static void oddKernels(List<ConvSpec> out) {
    out.add(ConvSpec.of(8, 16, List.of(6, 9), 1, 7).pad(0, 3));
    out.add(ConvSpec.of(8, 16, List.of(9, 6), 7, 1).pad(3, 0));
    out.add(ConvSpec.of(8, 16, List.of(6, 9), 1, 3).stride(1, 2));
    out.add(ConvSpec.of(8, 16, List.of(6, 7), 6, 7));
    out.add(ConvSpec.of(9, 13, List.of(4, 4), 4, 4).pad(3));
    out.add(ConvSpec.of(3, 8, List.of(20, 4), 20, 2));
    out.add(ConvSpec.of(2, 8, List.of(16, 16), 13, 11).pad(6, 5));
  }

  private static void otherRanks(List<ConvSpec> out) {
    for (int length : List.of(1, 2, 5, 16, 29)) {
      out.add(ConvSpec.of(7, 18, List.of(length), 3).pad(1));
      out.add(ConvSpec.of(16, 33, List.of(length), 1).images(3));
      out.add(
          ConvSpec.of(4, 9, List.of(length), 5)
              .pad(2)
              .stride(2)
              .dilation(1)
              .epilogue(Epilogue.BIAS));
      out.add(ConvSpec.of(6, 17, List.of(2, 3, length), 2, 2, 2).pad(1));
    }
    out.add(ConvSpec.of(5, 9, List.of(31), 4).dilation(3).pad(List.of(2), List.of(7)));
    out.add(ConvSpec.of(6, 12, List.of(15), 3).groups(3).stride(2));
    out.add(
        ConvSpec.of(3, 16, List.of(5, 6, 7), 3, 3, 3)
            .pad(1)
            .images(2)
            .epilogue(ConvSpec.with(Activation.RELU)));
    out.add(ConvSpec.of(4, 8, List.of(5, 6, 7), 3, 3, 3).stride(2).pad(1));
    out.add(ConvSpec.of(4, 8, List.of(7, 6, 7), 3, 2, 3).dilation(2, 1, 3).pad(2, 0, 3));
    out.add(ConvSpec.of(8, 20, List.of(3, 3, 3), 1, 1, 1));
    out.add(ConvSpec.of(6, 8, List.of(4, 4, 4), 3, 3, 3).groups(2).pad(1).stride(1, 2, 1));
  }

  private static void epilogues(List<ConvSpec> out) {
    for (Activation activation : activations()) {
      for (Epilogue epilogue :
          List.of(
              Epilogue.NONE,
              Epilogue.BIAS,
              Epilogue.NONE.withResidual(),
              Epilogue.BIAS.withResidual())) {
        out.add(
            ConvSpec.of(6, 19, List.of(4, 5), 3, 3)
                .pad(1)
                .epilogue(epilogue.withActivation(activation)));
      }
      out.add(
          ConvSpec.of(19, 19, List.of(4, 5), 3, 3)
              .pad(1)
              .groups(19)
              .epilogue(Epilogue.BIAS.withActivation(activation)));
      out.add(
          ConvSpec.of(3, 40, List.of(9, 9), 3, 3)
              .stride(2)
              .epilogue(Epilogue.BIAS.withActivation(activation)));
    }
    out.add(
        ConvSpec.of(19, 19, List.of(4, 5), 3, 3)
            .groups(19)
            .pad(1)
            .epilogue(Epilogue.BIAS.withResidual().withActivation(Activation.RELU)));
    out.add(
        ConvSpec.of(33, 65, List.of(7, 5), 1, 1)
            .images(2)
            .epilogue(Epilogue.BIAS.withResidual().withActivation(Activation.RELU)));
  }

  private static void places(List<ConvSpec> out) {
    Epilogue all = Epilogue.BIAS.withResidual().withActivation(Activation.RELU);
    for (Place src : Place.values()) {
      for (Place dst : Place.values()) {
        out.add(
            ConvSpec.of(17, 35, List.of(4, 5), 3, 3)
                .pad(1)
                .images(2)
                .places(src, dst)
                .epilogue(all));
        out.add(ConvSpec.of(16, 32, List.of(5, 4), 1, 1).images(2).places(src, dst).epilogue(all));
        out.add(ConvSpec.of(21, 21, List.of(5, 4), 3, 3).groups(21).pad(1).places(src, dst));
      }
    }
    out.add(ConvSpec.of(7, 18, List.of(5, 5), 3, 3).pad(1).weightsAtRun());
    out.add(ConvSpec.of(12, 12, List.of(5, 5), 3, 3).groups(4).pad(1).weightsAtRun().epilogue(all));
    out.add(ConvSpec.of(20, 30, List.of(11), 3).places(Place.PITCH, Place.CHANNEL_RANGE).images(2));
    out.add(
        ConvSpec.of(20, 30, List.of(2, 3, 4), 2, 2, 2)
            .places(Place.CHANNEL_RANGE, Place.PITCH)
            .images(2));
  }

  /** {@code count} convolutions from one seed; small enough that the reference takes a moment. */
  static List<ConvSpec> random(long seed, int count) {
    Random random = new Random(seed);
    List<ConvSpec> out = new ArrayList<>();
    while (out.size() < count) {
      ConvSpec spec = next(random);
      try {
        spec.window().outputs(io.striate.tensor.Shape.of(shape(spec)), false);
      } catch (IllegalArgumentException windowDoesNotFit) {
        continue;
      }
      out.add(spec);
    }
    return out;
  }

  private static long[] shape(ConvSpec spec) {
    long[] dims = new long[spec.in().size() + 2];
    dims[0] = spec.n();
    dims[1] = spec.ic();
    for (int i = 0; i < spec.in().size(); i++) {
      dims[i + 2] = spec.in().get(i);
    }
    return dims;
  }

  private static ConvSpec next(Random random) {
    int rank = random.nextInt(8) == 0 ? 1 : random.nextInt(8) == 0 ? 3 : 2;
    Integer[] kernel = new Integer[rank];
    Integer[] stride = new Integer[rank];
    Integer[] dilation = new Integer[rank];
    List<Integer> begin = new ArrayList<>();
    List<Integer> end = new ArrayList<>();
    List<Integer> in = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      kernel[i] = 1 + random.nextInt(rank == 3 ? 3 : random.nextInt(6) == 0 ? 7 : 4);
      stride[i] = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
      dilation[i] = random.nextInt(5) == 0 ? 1 + random.nextInt(3) : 1;
      begin.add(random.nextInt(2) * random.nextInt(kernel[i] + 1));
      end.add(random.nextInt(2) * random.nextInt(kernel[i] + 1));
      in.add(1 + random.nextInt(rank == 3 ? 6 : rank == 1 ? 40 : 14));
    }
    int form = random.nextInt(6);
    int groups = form == 0 ? 1 + random.nextInt(40) : form == 1 ? 1 + random.nextInt(4) : 1;
    int icPerGroup = form == 0 ? 1 : 1 + random.nextInt(random.nextInt(4) == 0 ? 70 : 20);
    int ocPerGroup =
        form == 0 ? 1 + random.nextInt(2) : 1 + random.nextInt(random.nextInt(4) == 0 ? 100 : 40);
    Place[] places = Place.values();
    List<Activation> activations = activations();
    Epilogue epilogue =
        new Epilogue(
            random.nextBoolean(),
            random.nextInt(4) == 0,
            activations.get(random.nextInt(activations.size())));
    Window window =
        Window.of(kernel).withStride(stride).withDilation(dilation).withPadding(begin, end);
    return new ConvSpec(
        1 + random.nextInt(3),
        groups * icPerGroup,
        groups * ocPerGroup,
        in,
        window,
        groups,
        epilogue,
        places[random.nextInt(places.length)],
        places[random.nextInt(places.length)],
        random.nextInt(10) > 0);
  }
}
