package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.nn.Initializer;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Fully convolutional networks on VGG-16: a class for every pixel; Long, Shelhamer &amp; Darrell,
 * arXiv:1411.4038, section 4 and figure 3.
 *
 * <p>Layers and numbers are those of the authors' Caffe models: a padding of 100 makes room for the
 * 7×7 window of fc6 in images of any size, poolings round up, and crops take out the part that
 * belongs to the image, so that output and input have one size. Coarse scores are enlarged by
 * transposed convolutions that begin as bilinear interpolation: those between two fusions are
 * learned, the last one stays as it is and counts as no parameter.
 */
final class Fcn {
  private static final Paper PAPER =
      new Paper(
          "Long, Shelhamer & Darrell",
          "Fully convolutional networks for semantic segmentation",
          "arXiv:1411.4038",
          2015);
  private static final int[] DEPTHS = {2, 2, 3, 3, 3};

  private Fcn() {}

  static List<Architecture> all() {
    return List.of(fcn(32), fcn(16), fcn(8));
  }

  private static Architecture fcn(int stride) {
    return Architecture.of(
        "fcn" + stride + "s_vgg16",
        "FCN-" + stride + "s on VGG-16",
        "FCN",
        PAPER,
        List.of(3L, 500L, 500L),
        21,
        (x, classes) -> build(x, stride, classes));
  }

  private static Flow build(Flow x, int stride, long classes) {
    Flow image = x;
    Flow[] pools = new Flow[DEPTHS.length];
    for (int block = 0; block < DEPTHS.length; block++) {
      for (int i = 0; i < DEPTHS[block]; i++) {
        int padding = block == 0 && i == 0 ? 100 : 1;
        String place = (block + 1) + "_" + (i + 1);
        x = x.named("conv" + place);
        x = x.conv2d(Math.min(512, 64L << block), 3, c -> c.padding(padding));
        x = x.named("relu" + place).relu();
      }
      x = x.named("pool" + (block + 1)).maxPool2d(2, p -> p.ceilMode());
      pools[block] = x;
    }
    x = x.named("fc6").conv2d(4096, 7).named("relu6").relu().named("drop6").dropout(0.5f);
    x = x.named("fc7").conv2d(4096, 1).named("relu7").relu().named("drop7").dropout(0.5f);
    return head(x.named("score_fr").conv2d(classes, 1), pools[3], pools[2], stride, image);
  }

  /** From coarse scores, and the results of two earlier poolings, to one score for each pixel. */
  static Flow head(Flow score, Flow pool4, Flow pool3, int stride, Flow image) {
    if (stride == 32) {
      return enlargeToImage(score, "upscore", stride, 19, image);
    }
    score = enlarge(score, "upscore2");
    score = fuse(score, pool4, "pool4", 5);
    if (stride == 16) {
      return enlargeToImage(score, "upscore16", stride, 27, image);
    }
    score = fuse(enlarge(score, "upscore_pool4"), pool3, "pool3", 9);
    return enlargeToImage(score, "upscore8", stride, 31, image);
  }

  /** Twice as large, learned. */
  private static Flow enlarge(Flow score, String name) {
    return score
        .named(name)
        .convTranspose2d(
            score.channels(), 4, c -> c.stride(2).withoutBias().weights(Initializer.bilinear(4)));
  }

  /** Adds the scores of a finer layer, cropped to the same size. */
  private static Flow fuse(Flow score, Flow pool, String name, int offset) {
    Shape size = score.shape();
    Flow finer = pool.named("score_" + name).conv2d(score.channels(), 1);
    finer = finer.named("score_" + name + "c").crop(offset, offset, size.dim(2), size.dim(3));
    return score.named("fuse_" + name).add(finer);
  }

  /** {@code stride} times as large, fixed, cropped to the image. */
  private static Flow enlargeToImage(Flow score, String name, int stride, int offset, Flow image) {
    int size = 2 * stride;
    long taps = (long) size * size;
    Initializer.Sampler values =
        Initializer.bilinear(size).sampler(taps, taps, new SplittableRandom());
    float[] tent = new float[Math.toIntExact(score.channels() * taps)];
    for (int i = 0; i < taps; i++) {
      tent[i] = values.next();
    }
    for (int c = 1; c < score.channels(); c++) {
      System.arraycopy(tent, 0, tent, c * (int) taps, (int) taps);
    }
    Tensor weights = Tensor.of(Shape.of(score.channels(), 1, size, size), tent);
    int groups = Math.toIntExact(score.channels());
    Shape target = image.shape();
    return score
        .named(name)
        .fixedConvTranspose2d(weights, c -> c.stride(stride).groups(groups))
        .named("score")
        .crop(offset, offset, target.dim(2), target.dim(3));
  }
}
