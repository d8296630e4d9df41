package io.striate.graph;

import io.striate.op.Activation;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.Op;
import io.striate.op.Unary;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Moves an added constant, an added tensor and an activation into the convolution or matrix product
 * whose result they alone read, in the order that the epilogue computes: {@code activation(result +
 * bias + residual)}. Activations also move into arithmetic and batch normalisations, and a sum into
 * the product before it.
 */
final class FuseEpilogues {
  private FuseEpilogues() {}

  static Graph apply(Graph graph) {
    GraphEditor edit = new GraphEditor(graph);
    for (Node node : edit.nodes()) {
      if (node.op() instanceof Binary add && add.kind() == Binary.Kind.ADD) {
        if (!fuseBias(edit, node, add) && !fuseResidual(edit, node, add)) {
          fuseAddend(edit, node, add);
        }
      } else if (node.op() instanceof Unary unary) {
        fuseActivation(edit, node, unary.activation());
      }
    }
    return edit.toGraph();
  }

  /** The producer of operand {@code i} if it takes an epilogue and nobody else reads it. */
  private static Optional<Node> soleProducer(GraphEditor edit, Node node, int i) {
    Value v = edit.input(node, i);
    Optional<Node> producer = edit.producer(v);
    return producer.isPresent() && producer.get().outputs().size() == 1 && edit.uses(v) == 1
        ? producer
        : Optional.empty();
  }

  private static boolean fuseBias(GraphEditor edit, Node node, Binary add) {
    for (int i = 0; i < 2; i++) {
      Optional<Tensor> constant = edit.constant(node.inputs().get(1 - i));
      Optional<Node> producer = soleProducer(edit, node, i);
      if (constant.isEmpty() || producer.isEmpty()) {
        continue;
      }
      Node before = producer.get();
      Optional<Epilogue> e =
          FoldBatchNorm.epilogue(before.op()).filter(x -> x.equals(Epilogue.NONE));
      Optional<Tensor> bias = perChannel(before, constant.get());
      if (e.isEmpty() || bias.isEmpty() || !node.output().shape().equals(before.output().shape())) {
        continue;
      }
      Op op = FoldBatchNorm.withEpilogue(before.op(), new Epilogue(true, false, add.activation()));
      Value added = edit.addConstant(node.name() + ".bias", bias.get());
      edit.replace(node, op, List.of(edit.input(before, 0), edit.input(before, 1), added));
      edit.remove(before);
      return true;
    }
    return false;
  }

  /** The constant as one value per channel, if it broadcasts along everything else. */
  private static Optional<Tensor> perChannel(Node before, Tensor constant) {
    Shape out = before.output().shape();
    int axis = before.op() instanceof Gemm ? out.rank() - 1 : 1;
    long channels = out.dim(axis);
    if (constant.shape().rank() > out.rank()) {
      return Optional.empty();
    }
    Shape expanded = constant.shape().expandTo(out.rank());
    if (!expanded.withDim(axis, 1).equals(Shape.of().expandTo(out.rank()))) {
      return Optional.empty();
    }
    if (expanded.dim(axis) == channels) {
      return Optional.of(Tensor.of(Shape.of(channels), constant.toArray()));
    }
    float[] repeated = new float[Math.toIntExact(channels)];
    java.util.Arrays.fill(repeated, constant.toArray()[0]);
    return Optional.of(Tensor.of(Shape.of(channels), repeated));
  }

  private static boolean fuseResidual(GraphEditor edit, Node node, Binary add) {
    // Where both operands could take the other as residual, the later one does: the other is ready
    // by then.
    Optional<Node> best = Optional.empty();
    int operand = 0;
    for (int i = 0; i < 2; i++) {
      Optional<Node> p =
          soleProducer(edit, node, i)
              .filter(
                  b ->
                      FoldBatchNorm.epilogue(b.op())
                          .filter(FuseEpilogues::takesResidual)
                          .isPresent())
              .filter(b -> b.output().shape().equals(node.output().shape()));
      Value other = edit.input(node, 1 - i);
      if (p.isPresent()
          && other.shape().equals(node.output().shape())
          && (best.isEmpty() || edit.indexOf(p.get()) > edit.indexOf(best.get()))) {
        best = p;
        operand = i;
      }
    }
    if (best.isEmpty()) {
      return false;
    }
    Node before = best.get();
    Epilogue e = FoldBatchNorm.epilogue(before.op()).orElseThrow();
    List<Value> inputs = new ArrayList<>(before.inputs());
    inputs.add(edit.input(node, 1 - operand));
    edit.replace(
        node,
        FoldBatchNorm.withEpilogue(before.op(), new Epilogue(e.hasBias(), true, add.activation())),
        inputs);
    edit.remove(before);
    return true;
  }

  /** A product and the sum that alone reads it become one. */
  private static void fuseAddend(GraphEditor edit, Node node, Binary add) {
    Shape shape = node.output().shape();
    for (int i = 0; i < 2; i++) {
      Value other = edit.input(node, 1 - i);
      Optional<Node> product =
          soleProducer(edit, node, i)
              .filter(p -> p.op().equals(Binary.of(Binary.Kind.MUL)))
              .filter(p -> p.output().shape().equals(shape) && other.shape().equals(shape));
      if (product.isPresent()) {
        Node before = product.get();
        edit.replace(
            node,
            Binary.multiplyAdd().withActivation(add.activation()),
            List.of(edit.input(before, 0), edit.input(before, 1), other));
        edit.remove(before);
        return;
      }
    }
  }

  private static boolean takesResidual(Epilogue e) {
    return !e.hasResidual() && e.activation().isNone();
  }

  private static void fuseActivation(GraphEditor edit, Node node, Activation activation) {
    Optional<Node> producer = soleProducer(edit, node, 0);
    if (producer.isEmpty()) {
      return;
    }
    Node before = producer.get();
    Op fused;
    Optional<Epilogue> e = FoldBatchNorm.epilogue(before.op());
    if (e.isPresent() && e.get().activation().isNone()) {
      fused = FoldBatchNorm.withEpilogue(before.op(), e.get().withActivation(activation));
    } else if (before.op() instanceof Binary b && b.activation().isNone()) {
      fused = b.withActivation(activation);
    } else if (before.op() instanceof BatchNorm n && n.activation().isNone()) {
      fused = new BatchNorm(n.epsilon(), activation);
    } else {
      return;
    }
    edit.replace(node, fused, before.inputs());
    edit.remove(before);
  }
}
