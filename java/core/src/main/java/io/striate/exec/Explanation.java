package io.striate.exec;

import io.striate.op.KernelOp;
import io.striate.op.Work;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a compiled model runs: one row per step with its kernel, provider, shape, work, and the
 * refusals of the providers that were asked first.
 */
public record Explanation(String title, List<Row> rows, long activationBytes, long packedBytes) {

  /**
   * One step.
   *
   * @param output of the whole batch
   * @param macs of the whole batch
   * @param tiles of one round
   * @param rounds in which the batch is computed, each on as many images
   * @param tuned the times of the kernel and of those that it beat, if they were measured
   */
  public record Row(
      String name,
      KernelOp op,
      String provider,
      String kernel,
      Shape output,
      long macs,
      int tiles,
      int rounds,
      long scratchBytes,
      List<String> refusals,
      Optional<String> tuned) {
    /** Copies the refusals. */
    public Row {
      refusals = List.copyOf(refusals);
    }
  }

  /** Copies the rows. */
  public Explanation {
    rows = List.copyOf(rows);
  }

  static Explanation of(CompiledModel model) {
    List<Row> rows = new ArrayList<>();
    List<Stage> stageOf = model.plan().stageOfSteps();
    for (CompiledStep s : model.steps()) {
      Step step = s.step();
      Stage stage = stageOf.get(rows.size());
      Shape output = step.output().desc().shape();
      rows.add(
          new Row(
              step.name(),
              step.op(),
              s.provider(),
              s.kernel().id(),
              stage.repeats() ? output.withDim(0, stage.images() * stage.rounds()) : output,
              stage.rounds()
                  * Work.macs(
                      step.op(), step.inputs().stream().map(p -> p.desc().shape()).toList()),
              s.kernel().tiles(),
              stage.rounds(),
              s.kernel().scratchBytes(),
              s.refusals(),
              s.tuned()));
    }
    Options o = model.options();
    String title =
        model.graph().name()
            + ": strategy "
            + o.strategy()
            + ", "
            + o.threads()
            + (o.threads() == 1 ? " thread" : " threads")
            + ", accuracy "
            + o.accuracy().name().toLowerCase(Locale.ROOT)
            + ", "
            + rows.size()
            + " steps";
    return new Explanation(title, rows, model.activationBytes(), model.packedBytes());
  }

  /** Multiply-adds of all steps. */
  public long macs() {
    return rows.stream().mapToLong(Row::macs).sum();
  }

  /** A table for people. */
  @Override
  public String toString() {
    int name = Math.max(4, rows.stream().mapToInt(r -> r.name().length()).max().orElse(4));
    int kernel = Math.max(6, rows.stream().mapToInt(r -> r.kernel().length()).max().orElse(6));
    int shape =
        Math.max(6, rows.stream().mapToInt(r -> r.output().toString().length()).max().orElse(6));
    String format = "%-" + name + "s  %-8s  %-" + kernel + "s  %-" + shape + "s  %10s  %6s%s%n";
    boolean divided = rows.stream().anyMatch(r -> r.rounds() > 1);
    StringBuilder out = new StringBuilder(title).append(System.lineSeparator());
    out.append(
        String.format(
            Locale.ROOT,
            format,
            "step",
            "provider",
            "kernel",
            "output",
            "MMAC",
            "tiles",
            divided ? "  rounds" : ""));
    for (Row r : rows) {
      out.append(
          String.format(
              Locale.ROOT,
              format,
              r.name(),
              r.provider(),
              r.kernel(),
              r.output(),
              String.format(Locale.ROOT, "%.3f", r.macs() / 1e6),
              r.tiles(),
              divided ? String.format(Locale.ROOT, "  %6d", r.rounds()) : ""));
      r.tuned().ifPresent(t -> out.append("    ").append(t).append(System.lineSeparator()));
      for (String refusal : r.refusals()) {
        out.append("    passed over ").append(refusal).append(System.lineSeparator());
      }
    }
    out.append(
        String.format(
            Locale.ROOT,
            "total %.1f MMAC, activations %.2f MiB, packed weights %.2f MiB%n",
            macs() / 1e6,
            activationBytes / 1048576.0,
            packedBytes / 1048576.0));
    return out.toString();
  }
}
