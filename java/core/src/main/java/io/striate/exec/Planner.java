package io.striate.exec;

import io.striate.graph.Constant;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Copy;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.KernelOp;
import io.striate.op.Pool;
import io.striate.op.ViewOp;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Turns a graph into steps over buffers: view ops become views, concatenations are written in place
 * where their operands allow it, and copies stand only where two layouts disagree.
 */
final class Planner {
  /**
   * Where a value lies inside a concatenation: at {@code start} along {@code axis} of {@code
   * parent}.
   */
  private record Home(Value parent, int axis, long start) {
    /** Written out as in {@link Value#equals}. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Home h
          && parent.equals(h.parent)
          && axis == h.axis
          && start == h.start;
    }

    @Override
    public int hashCode() {
      return 31 * parent.hashCode() + Long.hashCode(start);
    }
  }

  private final Graph graph;
  private final DataFormat format;
  private final LayoutAssignment layouts;
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final Map<Value, Home> homes = new HashMap<>();
  private final Map<Value, Placement> placements = new HashMap<>();
  private final Map<Value, Placement> channelsLastCopies = new HashMap<>();
  private final Map<Value, Placement> outputs = new LinkedHashMap<>();

  private Planner(Graph graph, DataFormat format) {
    this.graph = graph;
    this.format = format;
    this.layouts = new LayoutAssignment(graph, format);
  }

  /** The plan that compilation makes of an optimized graph, in whose steps pools may be fused. */
  static Plan plan(Graph graph, Options options, Strategies.Strategy strategy) {
    return new Planner(graph, options.dataFormat())
        .run(
            Stages::of,
            options.optimize() ? Optional.of(new PoolFusion(strategy, options)) : Optional.empty());
  }

  /** A step for each kernel op. */
  static Plan plan(Graph graph, DataFormat format) {
    return plan(graph, format, Stages::of);
  }

  /** The same with a division of the batch of one's own. */
  static Plan plan(Graph graph, DataFormat format, Stages.Division division) {
    return new Planner(graph, format).run(division, Optional.empty());
  }

  private Plan run(Stages.Division division, Optional<PoolFusion> fusion) {
    for (Value v : graph.inputs()) {
      Placement p = newBuffer(Buffer.Kind.INPUT, v, format.layout(v.shape()));
      placements.put(v, p);
    }
    for (Map.Entry<Value, Constant> c : graph.constants().entrySet()) {
      placeConstant(c.getKey(), c.getValue());
    }
    for (Value v : graph.outputs()) {
      outputs.put(v, newBuffer(Buffer.Kind.OUTPUT, v, format.layout(v.shape())));
    }
    findHomes();
    for (Node node : graph.nodes()) {
      lower(node);
    }
    for (Value v : graph.outputs()) {
      Placement to = output(v);
      if (!placement(v).equals(to)) {
        steps.add(new Step("output " + v.name(), new Copy(), List.of(placement(v)), to));
      }
    }
    if (fusion.isPresent()) {
      fusion.get().apply(steps);
    }
    Set<Buffer> used = new HashSet<>();
    for (Step s : steps) {
      for (Placement p : s.operands()) {
        used.add(p.buffer());
      }
    }
    buffers.removeIf(b -> b.kind == Buffer.Kind.ARENA && !used.contains(b));
    long batch = commonBatch();
    List<Stage> stages = division.stages(steps, batch);
    noteUse(stages, batch);
    long bytes = MemoryPlan.assign(buffers);
    List<Step> staged = new ArrayList<>();
    for (Stage stage : stages) {
      for (Step s : steps.subList(stage.first(), stage.end())) {
        staged.add(stage.repeats() ? ImageSteps.onImages(s, stage.images()) : s);
      }
    }
    return new Plan(
        staged, stages, bytes, placements(graph.inputs()), List.copyOf(outputs.values()));
  }

  /** The number of images: the outermost dimension of all inputs, else 1. */
  private long commonBatch() {
    Set<Long> dims = new HashSet<>();
    for (Value v : graph.inputs()) {
      dims.add(v.shape().rank() == 0 ? 1 : v.shape().dim(0));
    }
    return dims.size() == 1 ? dims.iterator().next() : 1;
  }

  /**
   * Notes in all buffers which steps touch them. Where a stage repeats, a buffer of its own holds
   * the images of one round; the others are in use until the last round ends.
   */
  private void noteUse(List<Stage> stages, long batch) {
    Map<Buffer, List<Stage>> users = new LinkedHashMap<>();
    for (Stage stage : stages) {
      for (int i = stage.first(); i < stage.end(); i++) {
        for (Placement p : steps.get(i).operands()) {
          p.buffer().touch(i);
          List<Stage> all = users.computeIfAbsent(p.buffer(), b -> new ArrayList<>());
          if (all.isEmpty() || all.getLast().first() != stage.first()) {
            all.add(stage);
          }
        }
      }
    }
    for (Map.Entry<Buffer, List<Stage>> e : users.entrySet()) {
      Buffer buffer = e.getKey();
      List<Stage> all = e.getValue();
      for (Stage s : all) {
        if (!s.repeats()) {
          continue;
        }
        if (buffer.kind == Buffer.Kind.ARENA && all.size() == 1) {
          buffer.hold(s.images(), batch);
        } else {
          buffer.touch(s.first());
          buffer.touch(s.end() - 1);
        }
      }
    }
  }

  private Placement output(Value v) {
    return java.util.Objects.requireNonNull(outputs.get(v));
  }

  private void placeConstant(Value v, Constant constant) {
    Buffer b = new Buffer(buffers.size(), Buffer.Kind.CONSTANT, v, 0, Optional.of(constant));
    buffers.add(b);
    placements.put(v, new Placement(b, constant.desc()));
  }

  private Placement newBuffer(Buffer.Kind kind, Value v, Layout layout) {
    TensorDesc desc = TensorDesc.f32(v.shape(), layout);
    Buffer b = new Buffer(buffers.size(), kind, v, desc.spanBytes(), Optional.empty());
    buffers.add(b);
    return new Placement(b, desc);
  }

  /** Outer concatenations first, so that a nested one finds its place inside them. */
  private void findHomes() {
    Map<Value, Node> producers = new HashMap<>();
    for (Node node : graph.nodes()) {
      for (Value v : node.outputs()) {
        producers.put(v, node);
      }
    }
    for (Node node : graph.nodes().reversed()) {
      if (node.op() instanceof Concat concat) {
        Value parent = node.output();
        int axis = parent.shape().axis(concat.axis());
        long start = 0;
        for (Value v : node.inputs()) {
          Node producer = producers.get(v);
          boolean produced =
              producer != null
                  && (producer.op() instanceof KernelOp || producer.op() instanceof Concat);
          if (produced && layouts.isChannelsLast(v) == layouts.isChannelsLast(parent)) {
            homes.putIfAbsent(v, new Home(parent, axis, start));
          }
          start += v.shape().dim(axis);
        }
      }
    }
  }

  /** The place where a value is made, found or created. */
  private Placement destination(Value v) {
    Placement known = placements.get(v);
    if (known != null) {
      return known;
    }
    Home home = homes.get(v);
    Placement p;
    if (home != null) {
      p = part(destination(home.parent()), home.axis(), home.start(), v.shape());
    } else if (outputs.containsKey(v) && output(v).desc().layout().equals(layouts.layout(v))) {
      p = output(v);
    } else {
      p = newBuffer(Buffer.Kind.ARENA, v, layouts.layout(v));
    }
    placements.put(v, p);
    return p;
  }

  private static Placement part(Placement whole, int axis, long start, Shape shape) {
    Layout layout = whole.desc().layout();
    return view(whole, shape, layout.shifted(start * layout.stride(axis)));
  }

  private static Placement view(Placement p, Shape shape, Layout layout) {
    return new Placement(p.buffer(), new TensorDesc(p.desc().dtype(), shape, layout));
  }

  private Placement placement(Value v) {
    Placement p = placements.get(v);
    if (p == null) {
      throw new IllegalStateException("value " + v + " has no place yet");
    }
    return p;
  }

  private List<Placement> placements(List<Value> values) {
    List<Placement> all = new ArrayList<>();
    for (Value v : values) {
      all.add(placement(v));
    }
    return all;
  }

  private void lower(Node node) {
    switch (node.op()) {
      case Concat concat -> lowerConcat(node, concat);
      case ViewOp view -> {
        List<Placement> made = Views.of(node, this::placement, this::dense);
        for (int i = 0; i < made.size(); i++) {
          placements.put(node.outputs().get(i), made.get(i));
        }
      }
      case KernelOp op -> lowerKernel(node, op);
    }
  }

  private void lowerConcat(Node node, Concat concat) {
    Placement whole = destination(node.output());
    int axis = node.output().shape().axis(concat.axis());
    long start = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      Value v = node.inputs().get(i);
      if (!new Home(node.output(), axis, start).equals(homes.get(v))) {
        Placement to = part(whole, axis, start, v.shape());
        steps.add(new Step(node.name() + "[" + i + "]", new Copy(), List.of(placement(v)), to));
      }
      start += v.shape().dim(axis);
    }
  }

  private void lowerKernel(Node node, KernelOp op) {
    List<Placement> operands = placements(node.inputs());
    if (LayoutAssignment.needsChannelsLast(node)) {
      operands.set(0, channelsLast(node.inputs().get(0)));
      OptionalInt added = residual(op);
      if (added.isPresent()) {
        int i = added.getAsInt();
        operands.set(i, channelsLast(node.inputs().get(i)));
      }
    } else if (op instanceof Gemm) {
      for (int i = 0; i < 2; i++) {
        if (placement(node.inputs().get(i)).buffer().kind != Buffer.Kind.CONSTANT) {
          operands.set(i, dense(node.inputs().get(i)));
        }
      }
    }
    steps.add(
        new Step(
            node.name(),
            resolved(op, operands.get(0).desc().shape()),
            operands,
            destination(node.output())));
  }

  /** The operand that a convolution adds; in another layout than the result's it would be slow. */
  private static OptionalInt residual(KernelOp op) {
    Epilogue e =
        switch (op) {
          case Conv c -> c.epilogue();
          case ConvTranspose t -> t.epilogue();
          default -> Epilogue.NONE;
        };
    return e.hasResidual() ? OptionalInt.of(e.hasBias() ? 3 : 2) : OptionalInt.empty();
  }

  private static KernelOp resolved(KernelOp op, Shape x) {
    return switch (op) {
      case Conv c -> new Conv(c.window().resolve(x), c.groups(), c.epilogue());
      case ConvTranspose t -> t.resolve(x);
      case Pool p -> new Pool(p.kind(), p.window().resolve(x), p.ceilMode(), p.p());
      default -> op;
    };
  }

  /** The value channels-last, copied at most once. */
  private Placement channelsLast(Value v) {
    Placement p = placement(v);
    return p.desc().layout().isChannelsLast(v.shape())
        ? p
        : channelsLastCopies.computeIfAbsent(v, k -> copied(k, Layout.channelsLast(k.shape())));
  }

  /** The value in dense row-major order, as reshaping and matrix products need it. */
  private Placement dense(Value v) {
    Placement p = placement(v);
    return p.desc().layout().isRowMajor(v.shape()) ? p : copied(v, Layout.rowMajor(v.shape()));
  }

  private Placement copied(Value v, Layout layout) {
    Placement to = newBuffer(Buffer.Kind.ARENA, v, layout);
    steps.add(new Step("reorder " + v.name(), new Copy(), List.of(placement(v)), to));
    return to;
  }
}
