package io.striate.zoo;

import io.striate.nn.Flow;
import java.util.List;

/**
 * Sentence classification: convolutions over three, four and five words, the maximum over time of
 * each map; Kim, arXiv:1408.5882, section 2 and 3.1.
 *
 * <p>The input is the embedding of a sentence, N × 300 × words, zero vectors at the ends where it
 * is shorter. 64 positions are 56 words, the longest sentence of the paper's set MR, and four zeros
 * at either end, as in the author's code. The single-channel form: 100 maps for each width.
 */
final class SentenceCnn {
  private static final Paper PAPER =
      new Paper(
          "Kim",
          "Convolutional neural networks for sentence classification",
          "arXiv:1408.5882",
          2014);

  private SentenceCnn() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "cnn_sentence",
            "CNN for sentences",
            "CNN for sentences",
            PAPER,
            List.of(300L, 64L),
            2,
            (x, classes) ->
                maxima(x, 3)
                    .named("concat")
                    .concat(maxima(x, 4), maxima(x, 5))
                    .named("dropout")
                    .dropout(0.5f)
                    .named("fc")
                    .dense(classes)));
  }

  private static Flow maxima(Flow words, int width) {
    Flow maps = words.named("conv" + width).conv1d(100, width).named("relu" + width).relu();
    return maps.named("max" + width).globalMaxPool().named("flatten" + width).flatten();
  }
}
