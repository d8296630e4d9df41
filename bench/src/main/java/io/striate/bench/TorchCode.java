package io.striate.bench;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.Copy;
import io.striate.op.Dropout;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import io.striate.op.Lrn;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Reshape;
import io.striate.op.Slice;
import io.striate.op.Softmax;
import io.striate.op.Split;
import io.striate.op.Squeeze;
import io.striate.op.Unary;
import io.striate.op.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A graph as the TorchScript source of a module: one call of PyTorch's own functions per node and
 * epilogue, weights as attributes. The graph comes after Striate's passes, so batch normalisation
 * is folded as {@code torch.jit.freeze} would fold it; activations are computed in place.
 */
final class TorchCode {
  private final Graph graph;
  private final Map<Value, String> weights = new LinkedHashMap<>();
  private final StringBuilder body = new StringBuilder();

  private TorchCode(Graph graph) {
    this.graph = graph;
  }

  /**
   * A module.
   *
   * @param source the class {@code __torch__.Net}
   * @param weights the attributes that hold constants, by value
   */
  record Module(String source, Map<Value, String> weights) {}

  /**
   * Writes a graph as a module.
   *
   * @throws StriateException if it has an op that is not translated; the message names it
   */
  static Module of(Graph graph) {
    TorchCode code = new TorchCode(graph);
    graph.nodes().forEach(code::node);
    return code.module();
  }

  private Module module() {
    StringBuilder out = new StringBuilder("class Net(Module):\n");
    out.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
    weights.values().forEach(w -> out.append("  ").append(w).append(" : Tensor\n"));
    out.append("  def forward(self: __torch__.Net");
    graph.inputs().forEach(v -> out.append(",\n    ").append(name(v)).append(": Tensor"));
    int outputs = graph.outputs().size();
    out.append(") -> ")
        .append(
            outputs == 1
                ? "Tensor"
                : "Tuple[" + String.join(", ", Collections.nCopies(outputs, "Tensor")) + "]")
        .append(":\n");
    weights.values().forEach(w -> line(out, w + " = self." + w));
    out.append(body);
    String results = graph.outputs().stream().map(this::name).collect(Collectors.joining(", "));
    line(out, "return " + (outputs == 1 ? results : "(" + results + ")"));
    return new Module(out.toString(), weights);
  }

  private static void line(StringBuilder out, String text) {
    out.append("    ").append(text).append('\n');
  }

  private String name(Value v) {
    return graph.constants().containsKey(v)
        ? weights.computeIfAbsent(v, k -> "w" + k.id())
        : "v" + v.id();
  }

  private void node(Node node) {
    String x = name(node.inputs().get(0));
    List<String> in = node.inputs().stream().map(this::name).toList();
    String y = name(node.outputs().get(0));
    switch (node.op()) {
      case Conv c -> conv(node, c, in, y);
      case Gemm g -> gemm(node, g, in, y);
      case Pool p -> pool(node, p, x, y);
      case GlobalPool p -> globalPool(node, p, x, y);
      case Reduce r -> reduce(r, x, y);
      case BatchNorm b -> {
        set(
            y,
            call(
                "batch_norm",
                x,
                in.get(1),
                in.get(2),
                in.get(3),
                in.get(4),
                "False",
                "0.1",
                number(b.epsilon()),
                "True"));
        activate(node, b.activation(), y, true);
      }
      case Unary u -> {
        set(y, x);
        activate(node, u.activation(), y, false);
      }
      case Binary b -> {
        set(y, call(b.kind().name().toLowerCase(Locale.ROOT), x, in.get(1)));
        activate(node, b.activation(), y, true);
      }
      case Softmax s -> set(y, call(s.log() ? "log_softmax" : "softmax", x, "" + s.axis(), "None"));
      case Lrn l -> lrn(node, l, x, y);
      case Concat c -> set(y, call("cat", in.toString(), "" + c.axis()));
      case Flatten f when f.axis() >= 1 -> set(y, call("flatten", x, "" + f.axis(), "-1"));
      case Reshape r -> set(y, call("reshape", x, node.output().shape().toString()));
      case Squeeze s -> set(y, call("reshape", x, node.output().shape().toString()));
      case Split s -> split(node, s, x);
      case Slice s -> slice(s, x, y);
      case Dropout d -> set(y, x);
      case Identity i -> set(y, x);
      case Copy c -> set(y, x);
      default -> throw untranslated(node, node.op().toString());
    }
  }

  private static StriateException untranslated(Node node, String what) {
    return new StriateException("PyTorch: node " + node.name() + " has no translation: " + what);
  }

  private void set(String variable, String value) {
    line(body, variable + " = " + value);
  }

  private static String call(String function, String... arguments) {
    return "torch." + function + "(" + String.join(", ", arguments) + ")";
  }

  private static String number(double value) {
    return Double.isInfinite(value)
        ? "float(\"" + (value < 0 ? "-inf" : "inf") + "\")"
        : String.format(Locale.ROOT, "%.9e", value);
  }

  private void conv(Node node, Conv c, List<String> in, String y) {
    Window w = c.window().resolve(node.inputs().get(0).shape());
    if (w.rank() != 2) {
      throw untranslated(node, c.toString());
    }
    boolean even = w.padBegin().equals(w.padEnd());
    String x = even ? in.get(0) : padded(node, w, in.get(0), 0);
    set(
        y,
        call(
            "conv2d",
            x,
            in.get(1),
            c.epilogue().hasBias() ? in.get(2) : "None",
            w.stride().toString(),
            even ? w.padBegin().toString() : "[0, 0]",
            w.dilation().toString(),
            "" + c.groups()));
    finish(node, c.epilogue(), in, y);
  }

  private String padded(Node node, Window w, String x, double value) {
    String name = "p" + node.output().id();
    List<Integer> pads =
        List.of(w.padBegin().get(1), w.padEnd().get(1), w.padBegin().get(0), w.padEnd().get(0));
    set(name, call("constant_pad_nd", x, pads.toString(), number(value)));
    return name;
  }

  private void gemm(Node node, Gemm g, List<String> in, String y) {
    if (g.transA()) {
      throw untranslated(node, g.toString());
    }
    boolean row = g.epilogue().hasBias() && node.inputs().get(2).shape().rank() == 1;
    String weights = g.transB() ? in.get(1) : call("t", in.get(1));
    set(y, call("linear", in.get(0), weights, row ? in.get(2) : "None"));
    if (g.epilogue().hasBias() && !row) {
      set(y, call("add", y, in.get(2)));
    }
    finish(node, g.epilogue(), in, y);
  }

  /** Residual and activation of a convolution or product. */
  private void finish(Node node, Epilogue e, List<String> in, String y) {
    if (e.hasResidual()) {
      set(y, call("add_", y, in.get(in.size() - 1)));
    }
    activate(node, e.activation(), y, true);
  }

  /** In place where {@code y} is a result of its own. */
  private void activate(Node node, Activation a, String y, boolean own) {
    String place = own ? "_" : "";
    switch (a.kind()) {
      case NONE -> {}
      case RELU -> set(y, call("relu" + place, y));
      case SIGMOID -> set(y, call("sigmoid" + place, y));
      case TANH -> set(y, call("tanh" + place, y));
      case SCALED_TANH -> {
        set(y, call("tanh", call("mul", y, number(a.beta()))));
        set(y, call("mul_", y, number(a.alpha())));
      }
      case LEAKY_RELU -> set(y, call("leaky_relu" + place, y, number(a.alpha())));
      case CLIP -> set(y, call("clamp" + place, y, number(a.alpha()), number(a.beta())));
      case HARD_SIGMOID -> {
        set(y, call("add", call("mul", y, number(a.alpha())), number(a.beta())));
        set(y, call("clamp_", y, "0.", "1."));
      }
      case HARD_SWISH -> set(y, call("hardswish" + place, y));
      case SILU -> set(y, call("silu" + place, y));
      default -> throw untranslated(node, a.toString());
    }
  }

  private void pool(Node node, Pool p, String x, String y) {
    Window w = p.window().resolve(node.inputs().get(0).shape());
    boolean even = w.padBegin().equals(w.padEnd());
    boolean max = p.kind() == Pool.Kind.MAX;
    boolean dense = w.dilation().stream().allMatch(d -> d == 1);
    boolean average =
        p.kind() == Pool.Kind.AVERAGE_EXCLUDE_PAD || p.kind() == Pool.Kind.AVERAGE_INCLUDE_PAD;
    if (w.rank() != 2 || !(max || (average && even && dense))) {
      throw untranslated(node, p.toString());
    }
    String src = even ? x : padded(node, w, x, Double.NEGATIVE_INFINITY);
    String pads = even ? w.padBegin().toString() : "[0, 0]";
    String ceil = p.ceilMode() ? "True" : "False";
    String size = w.kernel().toString();
    String stride = w.stride().toString();
    set(
        y,
        max
            ? call("max_pool2d", src, size, stride, pads, w.dilation().toString(), ceil)
            : call(
                "avg_pool2d",
                src,
                size,
                stride,
                pads,
                ceil,
                p.kind() == Pool.Kind.AVERAGE_INCLUDE_PAD ? "True" : "False",
                "None"));
  }

  private void globalPool(Node node, GlobalPool p, String x, String y) {
    List<Integer> axes = new ArrayList<>();
    for (int i = 2; i < node.inputs().get(0).shape().rank(); i++) {
      axes.add(i);
    }
    switch (p.kind()) {
      case MAX -> set(y, call("amax", x, axes.toString(), "True"));
      case AVERAGE_EXCLUDE_PAD -> set(y, call("mean", x, axes.toString(), "True", "dtype=None"));
      default -> throw untranslated(node, p.toString());
    }
  }

  private void reduce(Reduce r, String x, String y) {
    String keep = r.keepDims() ? "True" : "False";
    switch (r.kind()) {
      case MAX -> set(y, call("amax", x, r.axes().toString(), keep));
      case MEAN -> set(y, call("mean", x, r.axes().toString(), keep, "dtype=None"));
      case SUM -> set(y, call("sum", x, r.axes().toString(), keep, "dtype=None"));
    }
  }

  /** As {@code torch.nn.functional.local_response_norm} of images. */
  private void lrn(Node node, Lrn l, String x, String y) {
    if (l.within() || node.output().shape().rank() != 4) {
      throw untranslated(node, l.toString());
    }
    String d = "d" + node.output().id();
    set(d, call("unsqueeze", call("mul", x, x), "1"));
    String pads = "[0, 0, 0, 0, " + l.size() / 2 + ", " + (l.size() - 1) / 2 + "]";
    set(d, call("constant_pad_nd", d, pads, "0."));
    String pooled =
        call(
            "avg_pool3d",
            d,
            "[" + l.size() + ", 1, 1]",
            "[1, 1, 1]",
            "[0, 0, 0]",
            "False",
            "True",
            "None");
    set(d, call("squeeze", pooled, "1"));
    set(d, call("add", call("mul", d, number(l.alpha())), number(l.k())));
    set(y, call("div", x, call("pow", d, number(l.beta()))));
  }

  private void split(Node node, Split s, String x) {
    long at = 0;
    for (int i = 0; i < s.sizes().size(); i++) {
      long end = at + s.sizes().get(i);
      String y = name(node.outputs().get(i));
      set(y, call("slice", x, "" + s.axis(), "" + at, "" + end, "1"));
      at = end;
    }
  }

  private void slice(Slice s, String x, String y) {
    set(y, x);
    for (int i = 0; i < s.axes().size(); i++) {
      set(
          y,
          call(
              "slice",
              y,
              "" + s.axes().get(i),
              "" + s.starts().get(i),
              "" + s.ends().get(i),
              "" + s.steps().get(i)));
    }
  }
}
