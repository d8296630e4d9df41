package io.striate.bench;

import io.striate.op.vector.PeakRate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One layer on one thread by several engines in turns, beside the measured FMA peak and, where
 * oneDNN takes part, beside its time.
 */
final class LayerComparison {
  /** The least share of the peak asked of an engine on the {@link #deciding} layers. */
  static final Map<String, Double> TARGETS = Map.of("cpu", 0.85, "vector", 0.75);

  /** The engine that others are compared with. */
  static final String PEER = "onednn";

  private static final double TURN_NANOS = 5e6;

  private final CompareOptions options;

  LayerComparison(CompareOptions options) {
    this.options = options;
  }

  /**
   * The layers of ResNet-50 that decide: 3×3 and 1×1 with stride 1 on 56×56, 28×28 and 14×14
   * images, from {@code bench/shapes/resnet50.txt}.
   */
  static List<LayerShape> deciding() {
    return LayerShape.ofModel("resnet50").stream()
        .filter(s -> !s.dense() && s.sh() == 1 && s.sw() == 1)
        .filter(s -> s.h() == 56 || s.h() == 28 || s.h() == 14)
        .filter(s -> s.kh() == s.kw() && (s.kh() == 3 || s.kh() == 1))
        .toList();
  }

  /** All convolution layers of these files of {@code bench/shapes}. */
  static List<LayerShape> convolutions(List<String> models) {
    return models.stream()
        .flatMap(m -> LayerShape.ofModel(m).stream())
        .filter(s -> !s.dense())
        .toList();
  }

  /** Measures one layer with these engines; the peak is measured every round. */
  List<Map<String, Object>> run(LayerShape shape, List<Engine> engines) {
    LayerData data = LayerData.seeded(shape, 1);
    LayerCheck check = new LayerCheck(shape, data);
    List<Layer> layers = new ArrayList<>();
    try {
      List<Turns> turns = new ArrayList<>();
      for (Engine e : engines) {
        Layer layer = Layer.open(shape, data, e, 1);
        layers.add(layer);
        layer.run();
        check.check(layer);
        turns.add(
            new Turns(
                layer::run, options.warmup(), TURN_NANOS, options.rounds(), options.seconds()));
      }
      double peak = Double.NaN;
      for (int round = 0; round < options.rounds(); round++) {
        peak = ModelComparison.best(peak, PeakRate.gflops(1).orElse(Double.NaN));
        for (int i = 0; i < turns.size(); i++) {
          turns.get((round + i) % turns.size()).take(round);
        }
      }
      List<Map<String, Object>> rows = new ArrayList<>();
      for (int i = 0; i < engines.size(); i++) {
        check.check(layers.get(i));
        rows.add(
            row(shape, engines.get(i), layers.get(i), turns.get(i), new Rates(shape.macs(), peak)));
      }
      addRatios(rows);
      return rows;
    } finally {
      layers.forEach(Layer::close);
    }
  }

  private static void addRatios(List<Map<String, Object>> rows) {
    for (Map<String, Object> peer : rows) {
      if (PEER.equals(peer.get("engine"))) {
        rows.forEach(
            r ->
                r.put(
                    "speedOverOnednn",
                    Results.number(peer, "medianUs") / Results.number(r, "medianUs")));
      }
    }
  }

  private static Map<String, Object> row(
      LayerShape shape, Engine engine, Layer layer, Turns turns, Rates rates) {
    Samples s = turns.samples();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("layer", shape.id());
    row.put("kind", kind(shape));
    row.put("threads", 1);
    row.put("engine", engine.name());
    row.put("kernel", layer.kernelId());
    row.put("medianUs", s.median() / 1e3);
    row.put("minUs", s.least() / 1e3);
    row.put("runs", s.count());
    row.put("gflops", rates.gflops(s.median()));
    row.put("peakGflops", rates.peakGflops());
    row.put("share", rates.gflops(s.median()) / rates.peakGflops());
    row.put("bestShare", rates.gflops(s.least()) / rates.peakGflops());
    if (TARGETS.containsKey(engine.name())) {
      row.put("target", TARGETS.get(engine.name()));
    }
    row.put("javaBytesPerRun", turns.fewestBytes());
    return row;
  }

  /** As {@code 3×3, 64→64 at 56×56, stride 2, 2 groups}. */
  private static String kind(LayerShape s) {
    return String.format("%d×%d, %d→%d at %d×%d", s.kh(), s.kw(), s.ic(), s.oc(), s.h(), s.w())
        + (s.sh() == 1 && s.sw() == 1 ? "" : ", stride " + s.sh())
        + (s.groups() == 1 ? "" : ", " + s.groups() + " groups");
  }
}
