package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.ArrayList;
import java.util.List;

/**
 * GoogLeNet, Inception v1; Szegedy et al., arXiv:1409.4842, table 1 and figure 3.
 *
 * <p>Parameters with 1000 classes:
 *
 * <table>
 * <caption>Parameters</caption>
 * <tr><th></th><th>without heads</th><th>with both heads</th></tr>
 * <tr><td>the paper's form, as Caffe's BVLC GoogLeNet</td><td>6,998,552</td><td>13,378,280</td></tr>
 * <tr><td>torchvision's form</td><td>6,624,904</td><td>13,004,888</td></tr>
 * </table>
 *
 * <p>Lectures say "4 M" or "only 5 million parameters"; no way of counting gives either. The table
 * of the paper adds up to 6.8 M. Without the classifier's 1,025,000 the paper's form has 5,973,552,
 * the nearest there is.
 */
final class GoogLeNet {
  private static final Paper PAPER =
      new Paper("Szegedy et al.", "Going deeper with convolutions", "arXiv:1409.4842", 2014);

  private static final String FAMILY = "Inception";

  /** Columns of table 1: #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj. */
  private record Widths(String name, long c1, long r3, long c3, long r5, long c5, long pool) {}

  private static final List<Widths> MODULES =
      List.of(
          new Widths("3a", 64, 96, 128, 16, 32, 32),
          new Widths("3b", 128, 128, 192, 32, 96, 64),
          new Widths("4a", 192, 96, 208, 16, 48, 64),
          new Widths("4b", 160, 112, 224, 24, 64, 64),
          new Widths("4c", 128, 128, 256, 24, 64, 64),
          new Widths("4d", 112, 144, 288, 32, 64, 64),
          new Widths("4e", 256, 160, 320, 32, 128, 128),
          new Widths("5a", 256, 160, 320, 32, 128, 128),
          new Widths("5b", 384, 192, 384, 48, 128, 128));

  /** What differs between the two forms. */
  private interface Form {
    Flow stem(Flow x);

    Flow module(Flow x, Widths widths);

    Flow pool(Flow x, String stage);

    Flow head(Flow x, int number, long classes);

    Flow classifier(Flow x, long classes);
  }

  private GoogLeNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.withHeads(
                "googlenet",
                "GoogLeNet, torchvision's: batch normalisation, 3x3 for 5x5",
                FAMILY,
                PAPER,
                Units.IMAGE_224,
                Units.IMAGENET,
                (x, o) -> build(x, o, new Torchvision(UnaryModule.NONE)))
            .with(PublishedWeights.withHeads("aux")),
        Architecture.withHeads(
                "googlenet_paper",
                "GoogLeNet, the paper's: response normalisation, 5x5",
                FAMILY,
                PAPER,
                Units.IMAGE_224,
                Units.IMAGENET,
                (x, o) -> build(x, o, new Original()))
            .with(new PublishedWeights(GoogLeNet::caffe, name -> name.matches("loss[12][./].*"))));
  }

  /** Caffe has a slash between the group and the layer. */
  private static String caffe(String name) {
    return name.replaceFirst("[.]", "/");
  }

  /** What comes behind an inception module of the given name. */
  @FunctionalInterface
  interface UnaryModule {
    /** Nothing. */
    UnaryModule NONE = (x, name) -> x;

    /** Adds layers. */
    Flow apply(Flow x, String name);
  }

  /** torchvision's form without heads and with something behind every inception module. */
  static Flow torchvision(Flow x, long classes, UnaryModule behind) {
    return build(x, ZooOptions.defaults().withClasses(classes), new Torchvision(behind)).get(0);
  }

  private static List<Flow> build(Flow x, ZooOptions options, Form form) {
    long classes = options.classes().orElse(Units.IMAGENET);
    List<Flow> heads = new ArrayList<>();
    x = form.stem(x);
    for (Widths w : MODULES) {
      x = form.module(x, w);
      switch (w.name()) {
        case "3b" -> x = form.pool(x, "3");
        case "4e" -> x = form.pool(x, "4");
        case "4a", "4d" -> {
          if (options.auxiliaryHeads()) {
            heads.add(form.head(x, heads.size() + 1, classes));
          }
        }
        default -> {}
      }
    }
    List<Flow> outputs = new ArrayList<>(List.of(form.classifier(x, classes)));
    outputs.addAll(heads);
    return outputs;
  }

  /**
   * torchvision's: convolutions without bias and with batch normalisation, none of LRN; the 5×5
   * branch has a 3×3 window and pool4 a 2×2 one, as in the TensorFlow weights it was made from;
   * heads average to 4×4 positions. Published weights want pixels of -1 to 1, (x/255 - 0.5) / 0.5,
   * which torchvision makes of the usual input by {@code transform_input}; here it is for the
   * pre-processing to do.
   */
  private record Torchvision(UnaryModule behind) implements Form {
    @Override
    public Flow stem(Flow x) {
      x = ceilPool(Units.unit(x, "conv1", 64, 7, Units.Slide.HALF_PADDED), "maxpool1", 3);
      return ceilPool(Units.unit(Units.unit(x, "conv2", 64, 1), "conv3", 192, 3), "maxpool2", 3);
    }

    @Override
    public Flow module(Flow x, Widths w) {
      String name = "inception" + w.name();
      Flow one = Units.unit(x, name + ".branch1", w.c1(), 1);
      Flow three = Units.unit(x, name + ".branch2.0", w.r3(), 1);
      three = Units.unit(three, name + ".branch2.1", w.c3(), 3);
      Flow five = Units.unit(x, name + ".branch3.0", w.r5(), 1);
      five = Units.unit(five, name + ".branch3.1", w.c5(), 3);
      Flow pool = x.named(name + ".branch4.0").maxPool2d(3, p -> p.stride(1).padding(1).ceilMode());
      pool = Units.unit(pool, name + ".branch4.1", w.pool(), 1);
      return behind.apply(one.named(name + ".cat").concat(three, five, pool), name);
    }

    @Override
    public Flow pool(Flow x, String stage) {
      return ceilPool(x, "maxpool" + stage, stage.equals("4") ? 2 : 3);
    }

    @Override
    public Flow head(Flow x, int number, long classes) {
      String name = "aux" + number;
      x = x.named(name + ".adaptive_avg_pool2d").adaptiveAveragePool2d(4);
      x = Units.unit(x, name + ".conv", 128, 1).named(name + ".flatten").flatten();
      x = x.named(name + ".fc1").dense(1024).named(name + ".relu").relu();
      return x.named(name + ".dropout").dropout(0.7f).named(name + ".fc2").dense(classes);
    }

    @Override
    public Flow classifier(Flow x, long classes) {
      return Units.pooled(x, "avgpool").named("dropout").dropout(0.2f).named("fc").dense(classes);
    }
  }

  /**
   * The paper's: biases, ReLU, response normalisation behind pool1 and before pool2; heads as in
   * section 5. Layer names are those of Caffe's BVLC GoogLeNet with dots for slashes.
   */
  private record Original() implements Form {
    @Override
    public Flow stem(Flow x) {
      x = x.named("conv1.7x7_s2").conv2d(64, 7, c -> c.stride(2).padding(3));
      x = x.named("conv1.relu_7x7").relu();
      x = lrn(ceilPool(x, "pool1.3x3_s2", 3), "pool1.norm1");
      x = convRelu(convRelu(x, "conv2", "3x3_reduce", 64, 1), "conv2", "3x3", 192, 3);
      return ceilPool(lrn(x, "conv2.norm2"), "pool2.3x3_s2", 3);
    }

    private static Flow lrn(Flow x, String name) {
      return x.named(name).lrn(5, 1e-4f, 0.75f, 1);
    }

    private static Flow convRelu(Flow x, String group, String name, long filters, int kernel) {
      x = x.named(group + "." + name).conv2d(filters, kernel, c -> c.padding(kernel / 2));
      return x.named(group + ".relu_" + name).relu();
    }

    @Override
    public Flow module(Flow x, Widths w) {
      String name = "inception_" + w.name();
      Flow one = convRelu(x, name, "1x1", w.c1(), 1);
      Flow three = convRelu(x, name, "3x3_reduce", w.r3(), 1);
      three = convRelu(three, name, "3x3", w.c3(), 3);
      Flow five = convRelu(x, name, "5x5_reduce", w.r5(), 1);
      five = convRelu(five, name, "5x5", w.c5(), 5);
      Flow pool = x.named(name + ".pool").maxPool2d(3, p -> p.stride(1).padding(1));
      pool = convRelu(pool, name, "pool_proj", w.pool(), 1);
      return one.named(name + ".output").concat(three, five, pool);
    }

    @Override
    public Flow pool(Flow x, String stage) {
      return ceilPool(x, "pool" + stage + ".3x3_s2", 3);
    }

    @Override
    public Flow head(Flow x, int number, long classes) {
      String name = "loss" + number;
      x = x.named(name + ".ave_pool").averagePool2d(5, p -> p.stride(3));
      x = convRelu(x, name, "conv", 128, 1).named(name + ".flatten").flatten();
      x = x.named(name + ".fc").dense(1024).named(name + ".relu_fc").relu();
      return x.named(name + ".drop_fc").dropout(0.7f).named(name + ".classifier").dense(classes);
    }

    @Override
    public Flow classifier(Flow x, long classes) {
      x = x.named("pool5.7x7_s1").globalAveragePool().named("pool5.flatten").flatten();
      return x.named("pool5.drop_7x7_s1").dropout(0.4f).named("loss3.classifier").dense(classes);
    }
  }

  private static Flow ceilPool(Flow x, String name, int size) {
    return x.named(name).maxPool2d(size, p -> p.stride(2).ceilMode());
  }
}
