package io.striate.op;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Result shapes of the ops that only rearrange. */
class ViewInferenceTest {
  private static final Shape X = Shape.of(2, 3, 4, 5);
  private static final Shape BATCH = Shape.of(Shape.DYNAMIC, 3, 4, 5);

  private static Shape one(Op op, Shape... inputs) {
    List<Shape> out = op.infer(List.of(inputs));
    assertEquals(1, out.size());
    return out.get(0);
  }

  @Test
  void concat() {
    assertEquals(Shape.of(2, 10, 4, 5), one(new Concat(1), X, Shape.of(2, 7, 4, 5)));
    assertEquals(Shape.of(2, 3, 4, 15), one(new Concat(-1), X, X, X));
    assertEquals(Shape.of(Shape.DYNAMIC, 6, 4, 5), one(new Concat(1), BATCH, BATCH));
    refused(() -> one(new Concat(1), X, Shape.of(2, 7, 4, 6)), "2x7x4x6", "2x3x4x5", "axis 1");
    refused(() -> one(new Concat(0), X, Shape.of(2, 3)), "2x3 differs");
    refused(() -> one(new Concat(0), X, BATCH), "dynamic batch");
    refused(() -> new Concat(0).infer(List.of()), "concat takes");
  }

  @Test
  void split() {
    assertEquals(
        List.of(Shape.of(2, 1, 4, 5), Shape.of(2, 2, 4, 5)),
        new Split(1, List.of(1L, 2L)).infer(List.of(X)));
    refused(() -> new Split(1, List.of(1L, 1L)).infer(List.of(X)), "add up to 2", "has 3");
    refused(() -> new Split(1, List.of(3L, 0L)).infer(List.of(X)), "0");
    refused(() -> new Split(1, List.of()).infer(List.of(X)), "add up to 0");
  }

  private static Slice slice(int axis, long start, long end, long step) {
    return new Slice(List.of(axis), List.of(start), List.of(end), List.of(step));
  }

  /** All starts, ends and steps on an axis of 5 against a walk as Python takes it. */
  @Test
  void sliceCountsAsPythonDoes() {
    for (int start = -7; start <= 7; start++) {
      for (int end = -7; end <= 7; end++) {
        for (int step : new int[] {1, 2, 3, 9, -1, -2, -9}) {
          int expected = python(5, start, end, step);
          Slice op = slice(3, start, end, step);
          if (expected == 0) {
            refused(() -> one(op, X), "take nothing");
          } else {
            assertEquals(Shape.of(2, 3, 4, expected), one(op, X), op.toString());
          }
        }
      }
    }
    assertEquals(Shape.of(2, 3, 4, 5), one(slice(-1, Long.MIN_VALUE, Long.MAX_VALUE, 1), X));
    assertEquals(Shape.of(2, 3, 4, 5), one(slice(-1, Long.MAX_VALUE, Long.MIN_VALUE, -1), X));
  }

  private static int python(int size, int start, int end, int step) {
    int from = start < 0 ? start + size : start;
    int to = end < 0 ? end + size : end;
    int count = 0;
    if (step > 0) {
      for (int i = Math.max(from, 0); i < Math.min(to, size); i += step) {
        count++;
      }
    } else {
      for (int i = Math.min(from, size - 1); i > Math.max(to, -1); i += step) {
        count++;
      }
    }
    return count;
  }

  @Test
  void sliceRefusesNonsense() {
    refused(() -> slice(0, 0, 1, 0), "contain 0");
    refused(() -> new Slice(List.of(0), List.of(), List.of(1L), List.of(1L)), "differ in length");
    refused(() -> one(slice(0, 0, 1, 1), BATCH), "dynamic batch");
    Slice twice = new Slice(List.of(1, -3), List.of(0L, 0L), List.of(2L, 2L), List.of(1L, 1L));
    refused(() -> one(twice, X), "[1, -3]", "twice");
  }

  @Test
  void flatten() {
    assertEquals(Shape.of(2, 60), one(new Flatten(1), X));
    assertEquals(Shape.of(1, 120), one(new Flatten(0), X));
    assertEquals(Shape.of(120, 1), one(new Flatten(4), X));
    assertEquals(Shape.of(24, 5), one(new Flatten(-1), X));
    assertEquals(Shape.of(Shape.DYNAMIC, 60), one(new Flatten(1), BATCH));
    refused(() -> one(new Flatten(2), BATCH), "dynamic batch", "axis 1");
    refused(() -> one(new Flatten(5), X), "axis 5");
  }

  @Test
  void reshape() {
    assertEquals(Shape.of(2, 60), one(new Reshape(List.of(0L, -1L)), X));
    assertEquals(Shape.of(6, 20), one(new Reshape(List.of(6L, 20L)), X));
    assertEquals(Shape.of(120), one(new Reshape(List.of(-1L)), X));
    assertEquals(Shape.of(), one(new Reshape(List.of()), Shape.of(1)));
    refused(() -> one(new Reshape(List.of(7L, -1L)), X), "2x3x4x5", "[7, -1]");
    refused(() -> one(new Reshape(List.of(7L)), X), "120 elements");
    refused(() -> one(new Reshape(List.of(1L, 1L, 1L, 1L, 0L)), X), "place 4");
    refused(() -> new Reshape(List.of(-1L, -1L)), "one -1");
    refused(() -> new Reshape(List.of(-2L)), "negative");
  }

  @Test
  void transposeSqueezeUnsqueeze() {
    assertEquals(Shape.of(2, 4, 5, 3), one(new Transpose(List.of(0, 2, 3, 1)), X));
    refused(() -> new Transpose(List.of(0, 0)), "not a permutation");
    refused(() -> one(new Transpose(List.of(1, 0)), X), "does not fit");
    refused(() -> one(new Transpose(List.of(1, 0, 2, 3)), BATCH), "dynamic batch");
    assertEquals(Shape.of(3, 4), one(new Squeeze(List.of()), Shape.of(1, 3, 1, 4)));
    assertEquals(Shape.of(1, 3, 4), one(new Squeeze(List.of(-2)), Shape.of(1, 3, 1, 4)));
    refused(() -> one(new Squeeze(List.of(1)), X), "axis 1", "not 1");
    assertEquals(Shape.of(1, 3, 1, 4), one(new Unsqueeze(List.of(0, 2)), Shape.of(3, 4)));
    assertEquals(Shape.of(3, 4, 1), one(new Unsqueeze(List.of(-1)), Shape.of(3, 4)));
    refused(() -> one(new Unsqueeze(List.of(3)), Shape.of(3, 4)), "[3]", "rank 3");
    refused(() -> one(new Unsqueeze(List.of(1, 1)), Shape.of(3, 4)), "[1, 1]");
  }

  @Test
  void dropoutAndIdentity() {
    assertEquals(BATCH, one(new Dropout(0.5f), BATCH));
    assertEquals(X, one(new Identity(), X));
    refused(() -> new Dropout(1), "ratio is 1.0");
    refused(() -> new Identity().infer(List.of(X, X)), "identity takes 1 operands", "2 were given");
  }

  @Test
  void requestsRefuseWhatDoesNotFit() {
    Unary relu = new Unary(Activation.RELU);
    TensorDesc x = TensorDesc.f32(X);
    List<Operand> operands = List.of(Operand.of(x));
    refused(
        () -> KernelRequest.of(relu, operands, TensorDesc.f32(Shape.of(2, 3))),
        "makes shape 2x3x4x5",
        "destination has shape 2x3");
    refused(() -> KernelRequest.of(relu, operands, x).withThreads(0), "threads is 0");
    Layout repeated = Layout.of(0, 60, 20, 0, 1);
    refused(
        () -> KernelRequest.of(relu, operands, TensorDesc.f32(X, repeated)), "stride 0 at axis 2");
  }
}
