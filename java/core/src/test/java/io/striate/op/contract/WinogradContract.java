package io.striate.op.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.op.Accuracy;
import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Kernel;
import io.striate.op.Offer;
import io.striate.op.contract.Data.Place;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Winograd convolution F(MHxMW,RHxRW), which is offered under {@link Accuracy#DEFAULT} only:
 * curated and random shapes, on reals within the algorithm's own bound, on integers exact for
 * F(2x2,3x3).
 */
abstract class WinogradContract extends OpContract {
  private static final List<Integer> CHANNELS = List.of(16, 17, 20, 31, 33, 48, 63, 65, 80);
  private static final int RANDOM = 30;

  private final int highOutputs;
  private final int wideOutputs;
  private final int highTaps;
  private final int wideTaps;
  private final int stride;

  WinogradContract(
      TestProvider description, int highOutputs, int wideOutputs, int highTaps, int wideTaps) {
    this(description, highOutputs, wideOutputs, highTaps, wideTaps, 1);
  }

  WinogradContract(
      TestProvider description,
      int highOutputs,
      int wideOutputs,
      int highTaps,
      int wideTaps,
      int stride) {
    super(description);
    this.stride = stride;
    this.highOutputs = highOutputs;
    this.wideOutputs = wideOutputs;
    this.highTaps = highTaps;
    this.wideTaps = wideTaps;
  }

  /** The form as kernels are called: 4x4, 1x4-1x7 or 4x4-3x3s2. */
  private String form() {
    String tile = highOutputs + "x" + wideOutputs;
    String kernel = "-" + highTaps + "x" + wideTaps;
    return stride == 2 ? tile + kernel + "s2" : isThreeByThree() ? tile : tile + kernel;
  }

  private boolean isThreeByThree() {
    return highTaps == 3 && wideTaps == 3;
  }

  private WinogradReference reference() {
    return new WinogradReference(highOutputs, wideOutputs, highTaps, wideTaps, stride);
  }

  private ConvSpec spec(int channels, int outputs, int height, int width) {
    return ConvSpec.of(channels, outputs, List.of(height, width), highTaps, wideTaps)
        .stride(stride);
  }

  /** Of an image that keeps its size. */
  private ConvSpec padded(int channels, int outputs, int height, int width) {
    return spec(channels, outputs, height, width).pad(highTaps / 2, wideTaps / 2);
  }

  @Override
  Accuracy accuracy() {
    return Accuracy.DEFAULT;
  }

  @Override
  boolean isMeant(String id) {
    return id.contains("/winograd" + form() + "/");
  }

  @Override
  String casesName() {
    return super.casesName() + form();
  }

  @Override
  Stream<Case> cases() {
    WinogradReference reference = reference();
    return Stream.concat(curated().stream(), random().stream())
        .flatMap(s -> Stream.of(toCase(s, true, reference), toCase(s, false, reference)));
  }

  private Case toCase(ConvSpec spec, boolean integers, WinogradReference reference) {
    Case direct = spec.toCase(integers, false);
    if (integers
        && isThreeByThree()
        && highOutputs == 2
        && Bounds.isExact(spec.epilogue().activation())) {
      return direct;
    }
    return new Case(
        direct.name(),
        direct.op(),
        direct.args(),
        direct.dst(),
        () -> reference.conv((Conv) direct.op(), direct.args()));
  }

  private List<ConvSpec> curated() {
    List<ConvSpec> out = new ArrayList<>();
    Epilogue all = Epilogue.BIAS.withResidual().withActivation(Activation.RELU);
    for (int c : CHANNELS) {
      out.add(padded(c, 16, 5, 6));
      out.add(padded(16, c, 6, 5).epilogue(all));
    }
    for (int size : List.of(1, 2, 3, 4, 5, 7, 8, 9, 13)) {
      out.add(padded(16, 18, size, size).images(2));
      out.add(spec(18, 16, highTaps + 1, size + wideTaps - 1).epilogue(all));
    }
    List<Activation> few = List.of(Activation.NONE, Activation.clip(-2, 6), Activation.SILU);
    for (Activation activation : isThreeByThree() ? ConvSpecs.activations() : few) {
      Epilogue epilogue = Epilogue.BIAS.withActivation(activation);
      out.add(padded(16, 21, 6, 7).epilogue(epilogue));
      out.add(padded(16, 32, 5, 9).epilogue(epilogue.withResidual()));
    }
    for (Place src : Place.values()) {
      for (Place dst : isThreeByThree() ? Place.values() : new Place[] {Place.PITCH}) {
        out.add(padded(17, 35, 4, 5).places(src, dst).epilogue(all));
      }
    }
    out.add(spec(16, 16, highTaps + 1, wideTaps + 3).pad(List.of(0, 1), List.of(2, 0)));
    out.add(spec(16, 16, highTaps + 1, wideTaps + 3).pad(List.of(2, 0), List.of(0, 5)));
    out.add(spec(16, 16, 3, 2).pad(4).images(2));
    out.add(spec(16, 16, highTaps, wideTaps).stride(2)); // a single output
    for (int width : List.of(63, 64, 65, 70, 140)) { // rows of tiles are cut into segments
      out.add(padded(16, 16, 2, width));
    }
    out.add(padded(32, 48, 6, 6).groups(2).images(2).epilogue(all));
    out.add(padded(51, 54, 5, 4).groups(3).epilogue(Epilogue.BIAS));
    out.add(padded(64, 64, 25, 25)); // several blocks
    out.add(padded(256, 130, 4, 4).images(3)); // parts of the outputs
    if (isThreeByThree()) {
      out.add(padded(180, 170, 7, 7).epilogue(all)); // many weights for few pixels
    }
    return out;
  }

  private List<ConvSpec> random() {
    Random random = new Random(Seeds.seed());
    List<Activation> activations = ConvSpecs.activations();
    List<Place> src = List.of(Place.values());
    List<Place> dst = List.of(Place.CHANNELS_LAST, Place.PITCH, Place.CHANNEL_RANGE);
    List<ConvSpec> out = new ArrayList<>();
    for (int i = 0; i < (isThreeByThree() ? RANDOM : RANDOM / 3); i++) {
      int groups = 1 + random.nextInt(4) / 3;
      int height = 1 + random.nextInt(14);
      int width = 1 + random.nextInt(20);
      List<Integer> begin =
          List.of(highTaps / 2 + random.nextInt(2), wideTaps / 2 + random.nextInt(2));
      List<Integer> end =
          List.of(highTaps / 2 + random.nextInt(2), wideTaps / 2 + random.nextInt(3));
      out.add(
          spec(
                  groups * (16 + random.nextInt(30)),
                  groups * (16 + random.nextInt(60)),
                  height,
                  width)
              .images(1 + random.nextInt(3))
              .pad(begin, end)
              .groups(groups)
              .epilogue(
                  new Epilogue(
                      random.nextBoolean(),
                      random.nextBoolean(),
                      activations.get(random.nextInt(activations.size()))))
              .places(src.get(random.nextInt(src.size())), dst.get(random.nextInt(dst.size()))));
    }
    return out;
  }

  @Override
  List<Integer> batched(Case c) {
    boolean residual = ((Conv) c.op()).epilogue().hasResidual();
    return residual ? List.of(0, c.args().size() - 1) : List.of(0);
  }

  @Test
  void strictAccuracyForbidsIt() {
    Case c = toCase(padded(64, 64, 14, 14), true, reference());
    try (Bench bench = new Bench(c, false);
        Arena arena = Arena.ofConfined();
        Kernel kernel = create(bench, Optional.empty(), 1)) {
      Offer offer = provider().offer(bench.request(Optional.empty(), arena, 1, Accuracy.STRICT));
      long offered =
          ((Offer.Accepted) offer).candidates().stream().filter(k -> isMeant(k.id())).count();
      assertEquals(0, offered, kernel.id() + " is offered under STRICT");
    }
  }
}
