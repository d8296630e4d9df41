package io.striate.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one process of the bar measures.
 *
 * @param key the key of its rows in the results
 * @param main the program that measures it
 * @param identity what tells its rows from those of other parts
 * @param engines whose rows make it complete
 * @param args arguments of the program but for its output
 * @param seconds how long it takes at most, roughly
 */
record BarPart(
    String key,
    Class<?> main,
    Map<String, Object> identity,
    List<Engine> engines,
    List<String> args,
    int seconds) {

  /** The engines of {@link Tails} and of the layers. */
  private static final List<Engine> TAIL_ENGINES = Engine.list("onnxruntime,cpu");

  private static final List<Engine> IDLE_ENGINES = Engine.list("onnxruntime,cpu,vector");

  /** Seconds of {@link Idle} for an engine. */
  private static final int IDLE_SECONDS = 6;

  private static final List<Engine> LAYER_ENGINES = Engine.list("onednn,cpu,cpu:strict");
  private static final String LAYER_ROUNDS = "30";

  /** Seconds of a part beyond what is measured: start, reading the model, packing weights. */
  private static final int OVERHEAD = 20;

  /** Longest measurement of a set of layers, most of it their right answers. */
  private static final int LAYER_SECONDS = 150;

  /** All parts in the order in which they run. */
  static List<BarPart> of(BarOptions o) {
    List<BarPart> parts = new ArrayList<>();
    for (String model : o.models()) {
      for (int threads : o.threads()) {
        if (o.parts().contains(BarOptions.Part.MODELS)) {
          for (int batch : o.batches()) {
            for (int i = 1; i <= (threads == 1 ? 1 : o.processes()); i++) {
              parts.add(model(o, model, batch, threads, i));
            }
          }
        }
        if (o.parts().contains(BarOptions.Part.TAILS)) {
          parts.add(tails(o, model, threads));
        }
        if (o.parts().contains(BarOptions.Part.IDLE) && threads > 1) {
          parts.add(idle(model, threads));
        }
      }
      String shapes = model.replaceFirst("^zoo:", "");
      if (o.parts().contains(BarOptions.Part.LAYERS) && LayerShape.models().contains(shapes)) {
        parts.add(layers(shapes));
      }
    }
    return parts;
  }

  private static BarPart model(BarOptions o, String model, int batch, int threads, int process) {
    List<String> args =
        List.of(
            "--engines",
            names(o.engines()),
            "--batch",
            "" + batch,
            "--threads",
            "" + threads,
            "--rounds",
            "" + o.rounds(),
            "--seconds",
            "" + o.seconds(),
            "--warmup",
            "" + o.warmup(),
            "--no-layers",
            model);
    return new BarPart(
        "models",
        Compare.class,
        Map.of(
            "model", Subject.title(model), "batch", batch, "threads", threads, "process", process),
        o.engines(),
        args,
        OVERHEAD + o.engines().size() * (o.warmup() + o.seconds()));
  }

  private static BarPart tails(BarOptions o, String model, int threads) {
    List<String> args =
        List.of(
            "--engines",
            names(TAIL_ENGINES),
            "--threads",
            "" + threads,
            "--seconds",
            "" + o.tailSeconds(),
            model);
    return new BarPart(
        "tails",
        Tails.class,
        Map.of("model", Subject.title(model), "threads", threads),
        TAIL_ENGINES,
        args,
        OVERHEAD + TAIL_ENGINES.size() * (o.tailSeconds() + 2));
  }

  private static BarPart idle(String model, int threads) {
    return new BarPart(
        "idle",
        Idle.class,
        Map.of("model", Subject.title(model), "threads", threads),
        IDLE_ENGINES,
        List.of("--engines", names(IDLE_ENGINES), "--threads", "" + threads, model),
        OVERHEAD + IDLE_ENGINES.size() * IDLE_SECONDS);
  }

  private static BarPart layers(String shapes) {
    List<String> args =
        List.of(
            "--models",
            "none",
            "--layers",
            shapes,
            "--engines",
            names(LAYER_ENGINES),
            "--rounds",
            LAYER_ROUNDS,
            "--warmup",
            "0",
            "--seconds",
            "1");
    return new BarPart(
        "layers", Compare.class, Map.of("shapes", shapes), LAYER_ENGINES, args, LAYER_SECONDS);
  }

  private static String names(List<Engine> engines) {
    return engines.stream().map(Engine::name).collect(Collectors.joining(","));
  }

  /** Whether a row is one of this part. */
  boolean owns(Map<String, Object> row) {
    return identity.entrySet().stream()
        .allMatch(e -> e.getValue().toString().equals(String.valueOf(row.get(e.getKey()))));
  }

  /**
   * The rows of the results without those of this part that {@code answered} has new ones for:
   * engines that a run does not ask for keep theirs.
   */
  List<Map<String, Object>> without(
      List<Map<String, Object>> answered, List<Map<String, Object>> rows) {
    Set<Object> engines = answered.stream().map(r -> r.get("engine")).collect(Collectors.toSet());
    return rows.stream()
        .filter(r -> !owns(r) || !engines.contains(r.get("engine")))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /**
   * Whether these rows of the results complete it.
   *
   * @param leftOut engines that this machine lacks
   */
  boolean isComplete(List<Map<String, Object>> rows, Set<String> leftOut) {
    Set<String> there =
        rows.stream()
            .filter(this::owns)
            .map(r -> String.valueOf(r.get("engine")))
            .collect(Collectors.toSet());
    return !there.isEmpty()
        && engines.stream()
            .map(Engine::name)
            .allMatch(e -> there.contains(e) || leftOut.contains(e));
  }

  @Override
  public String toString() {
    return key
        + identity.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(e -> ", " + e.getKey() + " " + e.getValue())
            .collect(Collectors.joining());
  }
}
