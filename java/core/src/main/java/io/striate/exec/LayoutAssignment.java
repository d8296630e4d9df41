package io.striate.exec;

import io.striate.graph.Graph;
import io.striate.graph.Node;
import io.striate.graph.Value;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Lrn;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Resize;
import io.striate.op.Slice;
import io.striate.op.Split;
import io.striate.op.Unary;
import io.striate.tensor.Layout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides which values are channels-last and how far apart their pixels lie; all others are
 * row-major.
 *
 * <p>Results of spatial ops (convolution, pooling, normalisation, resize) of rank 3 and above are
 * channels-last, element-wise ops and concatenations follow their operands. A copy is then needed
 * only where an input arrives as planes and where a channels-last value is flattened.
 */
final class LayoutAssignment {
  private final Set<Value> channelsLast = new HashSet<>();

  LayoutAssignment(Graph graph, DataFormat format) {
    if (format == DataFormat.NHWC) {
      addImages(graph.inputs());
    }
    for (Node node : graph.nodes()) {
      if (wants(node)) {
        addImages(node.outputs());
      }
    }
  }

  private void addImages(List<Value> values) {
    for (Value v : values) {
      if (v.shape().rank() >= 3) {
        channelsLast.add(v);
      }
    }
  }

  private boolean hasChannelsLast(List<Value> values) {
    for (Value v : values) {
      if (channelsLast.contains(v)) {
        return true;
      }
    }
    return false;
  }

  private boolean wants(Node node) {
    return switch (node.op()) {
      case Conv op -> true;
      case ConvTranspose op -> true;
      case Pool op -> true;
      case Lrn op -> true;
      case Resize op -> true;
      case BatchNorm op -> true;
      case Unary op -> follows(node);
      case PRelu op -> follows(node);
      case Pad op -> follows(node);
      case Split op -> follows(node);
      case Slice op -> follows(node);
      case Reduce op -> op.keepDims() && follows(node);
      case Binary op -> hasChannelsLast(node.inputs());
      case Concat op -> hasChannelsLast(node.inputs());
      default -> false;
    };
  }

  private boolean follows(Node node) {
    return channelsLast.contains(node.inputs().get(0));
  }

  /** Whether the ops of this node read their first operand best (or only) channels-last. */
  static boolean needsChannelsLast(Node node) {
    return node.inputs().get(0).shape().rank() >= 3
        && switch (node.op()) {
          case Conv op -> true;
          case ConvTranspose op -> true;
          case Pool op -> true;
          case Lrn op -> true;
          case Resize op -> true;
          default -> false;
        };
  }

  boolean isChannelsLast(Value v) {
    return channelsLast.contains(v);
  }

  /** The layout of a value that gets a buffer of its own. */
  Layout layout(Value v) {
    return isChannelsLast(v) ? Layout.channelsLast(v.shape()) : Layout.rowMajor(v.shape());
  }
}
