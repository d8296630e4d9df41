package io.striate.bench;

import io.striate.op.Activation;
import io.striate.op.Conv;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.KernelOp;
import io.striate.op.Window;
import io.striate.op.Work;
import io.striate.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One row of {@code bench/shapes/MODEL.txt}: a convolution or dense layer. Its id is {@code
 * MODEL/NAME}. The columns are described in those files; dilation 1 means dense.
 */
record LayerShape(
    String model,
    String name,
    boolean dense,
    int count,
    int n,
    int ic,
    int h,
    int w,
    int oc,
    int kh,
    int kw,
    int sh,
    int sw,
    int pt,
    int pl,
    int pb,
    int pr,
    int dh,
    int dw,
    int groups) {
  private static final int COLUMNS = 19;

  /** The layer with this id. */
  static LayerShape byId(String id) {
    int slash = id.indexOf('/');
    if (slash < 1) {
      throw new IllegalArgumentException(
          "'" + id + "' is no shape id; write MODEL/LAYER, for example resnet50/conv2_1_3x3");
    }
    List<LayerShape> layers = ofModel(id.substring(0, slash));
    return layers.stream()
        .filter(s -> s.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no layer '"
                        + id
                        + "'; bench/shapes has "
                        + layers.stream().map(LayerShape::id).toList()));
  }

  /** All layers of a model. */
  static List<LayerShape> ofModel(String model) {
    Path file = Places.root().resolve("bench/shapes").resolve(model + ".txt");
    if (!models().contains(model)) {
      throw new IllegalArgumentException(
          "there are no shapes of '" + model + "'; bench/shapes has " + models());
    }
    try {
      List<String> lines = Files.readAllLines(file);
      List<LayerShape> layers = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i).replaceFirst("#.*", "").strip();
        if (!line.isEmpty()) {
          layers.add(parse(model, line, file.getFileName() + ":" + (i + 1)));
        }
      }
      return layers;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the shapes in " + file, e);
    }
  }

  /** Models that have a shape file. */
  static List<String> models() {
    try (Stream<Path> files = Files.list(Places.root().resolve("bench/shapes"))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".txt"))
          .map(f -> f.substring(0, f.length() - ".txt".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list bench/shapes", e);
    }
  }

  static LayerShape parse(String model, String line, String where) {
    String[] cells = line.split("\\s+", -1);
    if (cells.length != COLUMNS) {
      throw new IllegalArgumentException(
          where + " has " + cells.length + " columns; " + COLUMNS + " are expected: " + line);
    }
    boolean dense = cells[1].equals("dense");
    if (!dense && !cells[1].equals("conv")) {
      throw new IllegalArgumentException(
          where + ": kind '" + cells[1] + "' is neither conv nor dense");
    }
    int[] v = new int[COLUMNS];
    for (int i = 2; i < COLUMNS; i++) {
      try {
        v[i] = Integer.parseInt(cells[i]);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            where + ": '" + cells[i] + "' in column " + (i + 1) + " is no number", e);
      }
    }
    return new LayerShape(
        model, cells[0], dense, v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12],
        v[13], v[14], v[15], v[16], v[17], v[18]);
  }

  /** {@code MODEL/NAME}. */
  String id() {
    return model + "/" + name;
  }

  /** The op, with bias and, for a convolution, ReLU, as networks have it after fusion. */
  KernelOp op() {
    if (dense) {
      return Gemm.dense(Epilogue.BIAS);
    }
    Window window =
        Window.of(kh, kw)
            .withStride(sh, sw)
            .withDilation(dh, dw)
            .withPadding(List.of(pt, pl), List.of(pb, pr));
    return new Conv(window, groups, Epilogue.BIAS.withActivation(Activation.RELU));
  }

  /** [N, IC, H, W], or [N, IC] for a dense layer. */
  Shape src() {
    return dense ? Shape.of(n, ic) : Shape.of(n, ic, h, w);
  }

  /** [OC, IC/groups, KH, KW], or [OC, IC] for a dense layer. */
  Shape weights() {
    return dense ? Shape.of(oc, ic) : Shape.of(oc, ic / groups, kh, kw);
  }

  /** [OC]. */
  Shape bias() {
    return Shape.of(oc);
  }

  /** [N, OC, OH, OW], or [N, OC] for a dense layer. */
  Shape dst() {
    return op().infer(List.of(src(), weights(), bias())).get(0);
  }

  /** Multiply-adds. */
  long macs() {
    return Work.macs(op(), List.of(src(), weights(), bias()));
  }

  /** Terms of one sum of products. */
  long terms() {
    return weights().elements() / oc;
  }

  @Override
  public String toString() {
    return id();
  }
}
