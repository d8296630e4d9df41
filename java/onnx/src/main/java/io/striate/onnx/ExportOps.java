package io.striate.onnx;

import static io.striate.onnx.GraphExport.attribute;

import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.onnx.proto.AttributeProto;
import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.ConvPool;
import io.striate.op.ConvTranspose;
import io.striate.op.Copy;
import io.striate.op.Dropout;
import io.striate.op.Epilogue;
import io.striate.op.Flatten;
import io.striate.op.Gemm;
import io.striate.op.GlobalPool;
import io.striate.op.Identity;
import io.striate.op.Lrn;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Reshape;
import io.striate.op.Resize;
import io.striate.op.Slice;
import io.striate.op.Softmax;
import io.striate.op.Split;
import io.striate.op.Squeeze;
import io.striate.op.Transpose;
import io.striate.op.Unary;
import io.striate.op.Unsqueeze;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Writes each op of a graph as ONNX nodes; poolings and resizes have files of their own. */
final class ExportOps {
  private ExportOps() {}

  static void write(GraphExport out, Node node) {
    List<String> in = node.inputs().stream().map(Value::name).toList();
    String result = node.outputs().get(0).name();
    Shape x = node.inputs().get(0).shape();
    switch (node.op()) {
      case Conv c -> {
        List<AttributeProto> a = window(c.window().resolve(x));
        a.add(attribute("group", c.groups()));
        epilogue(out, node, "Conv", c.epilogue(), in, a);
      }
      case ConvTranspose c -> {
        List<AttributeProto> a = window(c.resolve(x).window());
        a.add(attribute("group", c.groups()));
        a.add(attribute("output_padding", c.outputPadding()));
        epilogue(out, node, "ConvTranspose", c.epilogue(), in, a);
      }
      case Gemm g -> gemm(out, node, g, in);
      case Pool p -> ExportPools.pool(out, node, p, x);
      case GlobalPool p -> ExportPools.global(out, node, p, x);
      case BatchNorm b -> {
        String normed = before(out, node, b.activation());
        main(out, node, "BatchNormalization", in, normed, attribute("epsilon", b.epsilon()));
        after(out, node, b.activation(), normed);
      }
      case Lrn l -> {
        if (l.within()) {
          lrnWithin(out, node, l, in.get(0));
        } else {
          main(
              out,
              node,
              "LRN",
              in,
              result,
              attribute("size", l.size()),
              attribute("alpha", l.alpha()),
              attribute("beta", l.beta()),
              attribute("bias", l.k()));
        }
      }
      case Unary u -> ExportActivations.write(out, node, node.name(), u.activation(), in.get(0));
      case PRelu p -> main(out, node, "PRelu", in, result);
      case Softmax s ->
          main(
              out,
              node,
              s.log() ? "LogSoftmax" : "Softmax",
              in,
              result,
              attribute("axis", s.axis()));
      case Binary b -> {
        String name = b.kind().name();
        String op = name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
        String plain = before(out, node, b.activation());
        String product = b.hasAddend() ? out.fresh(plain + "/product") : plain;
        main(out, node, op, in.subList(0, 2), product);
        if (b.hasAddend()) {
          out.node(out.freshNode(node.name() + "/sum"), "Add", List.of(product, in.get(2)), plain);
        }
        after(out, node, b.activation(), plain);
      }
      case Reduce r -> reduce(out, node, r, in.get(0));
      case Pad p -> {
        List<Long> amounts = new ArrayList<>(p.begin());
        amounts.addAll(p.end());
        List<String> inputs = new ArrayList<>(List.of(in.get(0), out.ints(node, "pads", amounts)));
        if (p.mode() == Pad.Mode.CONSTANT) {
          inputs.add(out.number(node, "value", p.value()));
        }
        String mode = p.mode().name().toLowerCase(Locale.ROOT);
        main(out, node, "Pad", inputs, result, attribute("mode", mode));
      }
      case Resize r -> ExportResize.write(out, node, r, x);
      case Copy c -> main(out, node, "Identity", in, result);
      case ConvPool p -> throw new IllegalStateException("no graph holds " + p);
      case Identity i -> main(out, node, "Identity", in, result);
      case Dropout d ->
          main(
              out,
              node,
              "Dropout",
              List.of(in.get(0), out.number(node, "ratio", d.ratio())),
              result);
      case Concat c -> main(out, node, "Concat", in, result, attribute("axis", c.axis()));
      case Split s ->
          out.node(
              node.name(),
              "Split",
              List.of(in.get(0), out.ints(node, "sizes", s.sizes())),
              node.outputs().stream().map(Value::name).toList(),
              attribute("axis", s.axis()));
      case Slice s ->
          main(
              out,
              node,
              "Slice",
              List.of(
                  in.get(0),
                  out.ints(node, "starts", s.starts()),
                  out.ints(node, "ends", s.ends()),
                  out.ints(node, "axes", longs(s.axes())),
                  out.ints(node, "steps", s.steps())),
              result);
      case Flatten f -> main(out, node, "Flatten", in, result, attribute("axis", f.axis()));
      case Reshape r ->
          main(out, node, "Reshape", List.of(in.get(0), out.ints(node, "shape", r.dims())), result);
      case Transpose t -> main(out, node, "Transpose", in, result, attribute("perm", t.perm()));
      case Squeeze s ->
          main(
              out,
              node,
              "Squeeze",
              s.axes().isEmpty() ? in : List.of(in.get(0), out.ints(node, "axes", longs(s.axes()))),
              result);
      case Unsqueeze u ->
          main(
              out,
              node,
              "Unsqueeze",
              List.of(in.get(0), out.ints(node, "axes", longs(u.axes()))),
              result);
    }
  }

  /** Adds the node that carries the graph's node name. */
  static void main(
      GraphExport out,
      Node node,
      String op,
      List<String> in,
      String result,
      AttributeProto... attributes) {
    out.node(node.name(), op, in, result, attributes);
  }

  /** Where the part before an activation goes: the node's own result if there is no activation. */
  private static String before(GraphExport out, Node node, Activation activation) {
    String result = node.outputs().get(0).name();
    return activation.isNone() ? result : out.fresh(result + "/linear");
  }

  private static void after(GraphExport out, Node node, Activation activation, String linear) {
    if (!activation.isNone()) {
      ExportActivations.write(
          out, node, out.freshNode(node.name() + "/activation"), activation, linear);
    }
  }

  static List<Long> longs(List<Integer> values) {
    return values.stream().map(Integer::longValue).toList();
  }

  /** The attributes of a window with explicit padding. */
  static List<AttributeProto> window(Window w) {
    List<Integer> pads = new ArrayList<>(w.padBegin());
    pads.addAll(w.padEnd());
    return new ArrayList<>(
        List.of(
            attribute("kernel_shape", w.kernel()),
            attribute("strides", w.stride()),
            attribute("dilations", w.dilation()),
            attribute("pads", pads)));
  }

  /** A convolution, then the residual, then the activation. */
  private static void epilogue(
      GraphExport out,
      Node node,
      String op,
      Epilogue e,
      List<String> in,
      List<AttributeProto> attributes) {
    String linear = before(out, node, e.activation());
    String product = e.hasResidual() ? out.fresh(linear + "/product") : linear;
    int own = 2 + (e.hasBias() ? 1 : 0);
    main(out, node, op, in.subList(0, own), product, attributes.toArray(AttributeProto[]::new));
    residual(out, node, e, in, product, linear);
    after(out, node, e.activation(), linear);
  }

  private static void residual(
      GraphExport out, Node node, Epilogue e, List<String> in, String product, String linear) {
    if (e.hasResidual()) {
      out.node(
          out.freshNode(node.name() + "/residual"), "Add", List.of(product, in.getLast()), linear);
    }
  }

  private static void gemm(GraphExport out, Node node, Gemm g, List<String> in) {
    Epilogue e = g.epilogue();
    Shape a = node.inputs().get(0).shape();
    Shape b = node.inputs().get(1).shape();
    String linear = before(out, node, e.activation());
    String product = e.hasResidual() ? out.fresh(linear + "/product") : linear;
    if (a.rank() == 2 && b.rank() == 2) {
      main(
          out,
          node,
          "Gemm",
          in.subList(0, e.hasBias() ? 3 : 2),
          product,
          attribute("transA", g.transA() ? 1 : 0),
          attribute("transB", g.transB() ? 1 : 0));
    } else {
      String left = g.transA() ? turned(out, node, in.get(0), a.rank(), "a") : in.get(0);
      String right = g.transB() ? turned(out, node, in.get(1), b.rank(), "b") : in.get(1);
      String plain = e.hasBias() ? out.fresh(product + "/matmul") : product;
      main(out, node, "MatMul", List.of(left, right), plain);
      if (e.hasBias()) {
        out.node(out.freshNode(node.name() + "/bias"), "Add", List.of(plain, in.get(2)), product);
      }
    }
    residual(out, node, e, in, product, linear);
    after(out, node, e.activation(), linear);
  }

  private static String turned(GraphExport out, Node node, String value, int rank, String role) {
    List<Integer> perm = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    perm.set(rank - 1, rank - 2);
    perm.set(rank - 2, rank - 1);
    return out.part(
        node, role + "_transposed", "Transpose", List.of(value), attribute("perm", perm));
  }

  private static void reduce(GraphExport out, Node node, Reduce r, String in) {
    String op =
        switch (r.kind()) {
          case SUM -> "ReduceSum";
          case MEAN -> "ReduceMean";
          case MAX -> "ReduceMax";
        };
    String result = node.outputs().get(0).name();
    AttributeProto keep = attribute("keepdims", r.keepDims() ? 1 : 0);
    if (r.axes().isEmpty()) {
      main(out, node, op, List.of(in), result, keep);
    } else if (out.opset() >= 18 || r.kind() == Reduce.Kind.SUM) {
      main(out, node, op, List.of(in, out.ints(node, "axes", longs(r.axes()))), result, keep);
    } else {
      main(out, node, op, List.of(in), result, keep, attribute("axes", r.axes()));
    }
  }

  /** x / (k + alpha·mean(x²))^beta, the mean over a square window with zeros outside. */
  private static void lrnWithin(GraphExport out, Node node, Lrn l, String x) {
    int small = (l.size() - 1) / 2;
    int large = l.size() - 1 - small;
    String squares = out.part(node, "squares", "Mul", List.of(x, x));
    String mean =
        out.part(
            node,
            "mean",
            "AveragePool",
            List.of(squares),
            attribute("kernel_shape", List.of(l.size(), l.size())),
            attribute("pads", List.of(small, small, large, large)),
            attribute("count_include_pad", 1));
    String scaled =
        out.part(node, "scaled", "Mul", List.of(mean, out.number(node, "alpha", l.alpha())));
    String sum = out.part(node, "sum", "Add", List.of(scaled, out.number(node, "k", l.k())));
    String power = out.part(node, "power", "Pow", List.of(sum, out.number(node, "beta", l.beta())));
    main(out, node, "Div", List.of(x, power), node.outputs().get(0).name());
  }
}
