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
 * Winograd convolution F(m x m, 3x3), which is offered under {@link Accuracy#DEFAULT} only: curated
 * and random shapes, on reals within the algorithm's own bound, on integers exact where m is 2.
 */
abstract class WinogradContract extends OpContract {
  private static final List<Integer> CHANNELS = List.of(16, 17, 20, 31, 33, 48, 63, 65, 80);
  private static final int RANDOM = 30;

  private final int m;

  WinogradContract(TestProvider description, int m) {
    super(description);
    this.m = m;
  }

  @Override
  Accuracy accuracy() {
    return Accuracy.DEFAULT;
  }

  @Override
  boolean isMeant(String id) {
    return id.contains("/winograd%1$dx%1$d/".formatted(m));
  }

  @Override
  String casesName() {
    return super.casesName() + m;
  }

  @Override
  Stream<Case> cases() {
    WinogradReference reference = new WinogradReference(m);
    return Stream.concat(curated().stream(), random().stream())
        .flatMap(s -> Stream.of(toCase(s, true, reference), toCase(s, false, reference)));
  }

  private Case toCase(ConvSpec spec, boolean integers, WinogradReference reference) {
    Case direct = spec.toCase(integers, false);
    if (integers && m == 2 && Bounds.isExact(spec.epilogue().activation())) {
      return direct;
    }
    return new Case(
        direct.name(),
        direct.op(),
        direct.args(),
        direct.dst(),
        () -> reference.conv((Conv) direct.op(), direct.args()));
  }

  private static List<ConvSpec> curated() {
    List<ConvSpec> out = new ArrayList<>();
    Epilogue all = Epilogue.BIAS.withResidual().withActivation(Activation.RELU);
    for (int c : CHANNELS) {
      out.add(ConvSpec.of(c, 16, List.of(5, 6), 3, 3).pad(1));
      out.add(ConvSpec.of(16, c, List.of(6, 5), 3, 3).pad(1).epilogue(all));
    }
    for (int size : List.of(1, 2, 3, 4, 5, 7, 8, 9, 13)) {
      out.add(ConvSpec.of(16, 18, List.of(size, size), 3, 3).pad(1).images(2));
      out.add(ConvSpec.of(18, 16, List.of(4, size + 2), 3, 3).epilogue(all));
    }
    for (Activation activation : ConvSpecs.activations()) {
      Epilogue epilogue = Epilogue.BIAS.withActivation(activation);
      out.add(ConvSpec.of(16, 21, List.of(6, 7), 3, 3).pad(1).epilogue(epilogue));
      out.add(ConvSpec.of(16, 32, List.of(5, 9), 3, 3).pad(1).epilogue(epilogue.withResidual()));
    }
    for (Place src : Place.values()) {
      for (Place dst : Place.values()) {
        out.add(ConvSpec.of(17, 35, List.of(4, 5), 3, 3).pad(1).places(src, dst).epilogue(all));
      }
    }
    out.add(ConvSpec.of(16, 16, List.of(4, 6), 3, 3).pad(List.of(0, 1), List.of(2, 0)));
    out.add(ConvSpec.of(16, 16, List.of(4, 6), 3, 3).pad(List.of(2, 0), List.of(0, 5)));
    out.add(ConvSpec.of(16, 16, List.of(3, 2), 3, 3).pad(4).images(2));
    out.add(ConvSpec.of(16, 16, List.of(3, 3), 3, 3).stride(2)); // a single output
    for (int width : List.of(63, 64, 65, 70, 140)) { // rows of tiles are cut into segments
      out.add(ConvSpec.of(16, 16, List.of(2, width), 3, 3).pad(1));
    }
    out.add(ConvSpec.of(32, 48, List.of(6, 6), 3, 3).groups(2).pad(1).images(2).epilogue(all));
    out.add(ConvSpec.of(51, 54, List.of(5, 4), 3, 3).groups(3).pad(1).epilogue(Epilogue.BIAS));
    out.add(ConvSpec.of(64, 64, List.of(25, 25), 3, 3).pad(1)); // several blocks
    out.add(ConvSpec.of(256, 130, List.of(4, 4), 3, 3).pad(1).images(3)); // parts of the outputs
    return out;
  }

  private static List<ConvSpec> random() {
    Random random = new Random(Seeds.seed());
    List<Activation> activations = ConvSpecs.activations();
    List<Place> src = List.of(Place.values());
    List<Place> dst = List.of(Place.CHANNELS_LAST, Place.PITCH, Place.CHANNEL_RANGE);
    List<ConvSpec> out = new ArrayList<>();
    for (int i = 0; i < RANDOM; i++) {
      int groups = 1 + random.nextInt(4) / 3;
      List<Integer> in = List.of(1 + random.nextInt(14), 1 + random.nextInt(20));
      List<Integer> begin = List.of(1 + random.nextInt(2), 1 + random.nextInt(2));
      List<Integer> end = List.of(1 + random.nextInt(2), 1 + random.nextInt(3));
      out.add(
          ConvSpec.of(
                  groups * (16 + random.nextInt(30)), groups * (16 + random.nextInt(60)), in, 3, 3)
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
    Case c =
        toCase(ConvSpec.of(64, 64, List.of(14, 14), 3, 3).pad(1), true, new WinogradReference(m));
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
