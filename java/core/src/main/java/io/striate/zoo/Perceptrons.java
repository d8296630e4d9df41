package io.striate.zoo;

import io.striate.nn.Flow;
import io.striate.op.Activation;
import java.util.List;

/**
 * The perceptron and networks with hidden layers.
 *
 * <p>A perceptron, {@code y = f(Σ a_i·x_i + b)} with a squashing function f, separates classes by a
 * hyperplane only: it cannot learn the exclusive or of two inputs. Two hidden layers, {@code y_j =
 * f(Σ w_ij·x_i)}, {@code y_k = f(Σ w_jk·y_j)}, {@code y_l = f(Σ w_kl·y_k)}, can; here of four units
 * each. With ReLU the last layer has no activation, so that negative scores are possible.
 */
final class Perceptrons {
  private static final Paper ROSENBLATT =
      new Paper(
          "Rosenblatt",
          "The perceptron: a probabilistic model for information storage and organization in the"
              + " brain",
          "Psychological Review 65(6)",
          1958);
  private static final Paper RUMELHART =
      new Paper(
          "Rumelhart, Hinton & Williams",
          "Learning representations by back-propagating errors",
          "Nature 323",
          1986);
  private static final Paper GLOROT =
      new Paper(
          "Glorot, Bordes & Bengio", "Deep sparse rectifier neural networks", "AISTATS", 2011);
  private static final List<Long> INPUT = List.of(2L);
  private static final int[] HIDDEN = {4, 4};

  private Perceptrons() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "perceptron",
            "Perceptron, squashing",
            "Perceptron",
            ROSENBLATT,
            INPUT,
            1,
            (x, classes) -> x.named("output").dense(classes).named("output.squash").scaledTanh()),
        mlp("squashing", "scaled tanh", RUMELHART, Activation.SCALED_TANH, true),
        mlp("sigmoid", "sigmoid", RUMELHART, Activation.SIGMOID, true),
        mlp("relu", "ReLU", GLOROT, Activation.RELU, false));
  }

  private static Architecture mlp(
      String name, String title, Paper paper, Activation f, boolean squashed) {
    return Architecture.of(
        "mlp_" + name,
        "Two hidden layers, " + title,
        "Perceptron",
        paper,
        INPUT,
        1,
        (x, classes) -> {
          for (int i = 0; i < HIDDEN.length; i++) {
            String layer = "hidden" + (i + 1);
            x = x.named(layer).dense(HIDDEN[i]).named(layer + "." + name).activation(f);
          }
          Flow y = x.named("output").dense(classes);
          return squashed ? y.named("output." + name).activation(f) : y;
        });
  }
}
