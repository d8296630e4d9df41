package io.striate.op;

import static io.striate.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Result shapes of every op, and what is said about operands that do not fit. */
class InferenceTest {
  private static final Shape IMAGE = Shape.of(2, 6, 8, 9);
  private static final Shape BATCH = Shape.of(Shape.DYNAMIC, 6, 8, 9);

  private static Shape one(Op op, Shape... inputs) {
    List<Shape> out = op.infer(List.of(inputs));
    assertEquals(1, out.size());
    return out.get(0);
  }

  @Test
  void conv() {
    Conv op = Conv.of(Window.of(3, 3).withStride(2).withPadding(1));
    assertEquals(Shape.of(2, 4, 4, 5), one(op, IMAGE, Shape.of(4, 6, 3, 3)));
    assertEquals(Shape.of(Shape.DYNAMIC, 4, 4, 5), one(op, BATCH, Shape.of(4, 6, 3, 3)));
    Conv grouped = new Conv(Window.of(1, 1), 3, Epilogue.BIAS.withResidual());
    Shape out = Shape.of(2, 9, 8, 9);
    assertEquals(out, one(grouped, IMAGE, Shape.of(9, 2, 1, 1), Shape.of(9), out));
    assertEquals("conv2d", op.type());
    refused(() -> one(op, IMAGE), "conv2d takes 2 operands", "1 were given");
    refused(() -> one(op, IMAGE, Shape.of(4, 5, 3, 3)), "6 channels", "4x5x3x3", "expect 5");
    refused(() -> one(op, IMAGE, Shape.of(4, 6, 3)), "rank");
    refused(() -> one(op, IMAGE, Shape.of(4, 6, 5, 3)), "kernel size [3, 3]", "4x6x5x3");
    refused(() -> one(op, Shape.of(2, 6, 8), Shape.of(4, 6, 3)), "2 spatial dimensions");
    refused(
        () -> one(grouped, IMAGE, Shape.of(8, 2, 1, 1), Shape.of(8), out),
        "8 output channels",
        "3 groups");
    refused(
        () -> one(grouped, IMAGE, Shape.of(9, 2, 1, 1), Shape.of(6), out), "bias", "6", "shape 9");
    refused(
        () -> one(grouped, IMAGE, Shape.of(9, 2, 1, 1), Shape.of(9), IMAGE), "residual", "2x9x8x9");
    refused(() -> new Conv(Window.of(1), 0, Epilogue.NONE), "groups is 0");
  }

  @Test
  void convTranspose() {
    ConvTranspose op = ConvTranspose.of(Window.of(2, 2).withStride(2));
    assertEquals(Shape.of(2, 5, 16, 18), one(op, IMAGE, Shape.of(6, 5, 2, 2)));
    ConvTranspose same =
        ConvTranspose.of(Window.of(3, 3).withStride(2).withAutoPad(AutoPad.SAME_UPPER));
    assertEquals(Shape.of(2, 5, 16, 18), one(same, IMAGE, Shape.of(6, 5, 3, 3)));
    ConvTranspose extra =
        new ConvTranspose(
            Window.of(3, 3).withStride(2).withPadding(1), List.of(1, 0), 2, Epilogue.NONE);
    assertEquals(Shape.of(2, 10, 16, 17), one(extra, IMAGE, Shape.of(6, 5, 3, 3)));
    refused(() -> one(op, IMAGE, Shape.of(5, 6, 2, 2)), "2x6x8x9", "5x6x2x2", "IC, OC/groups");
    refused(
        () -> one(ConvTranspose.of(Window.of(1, 1).withPadding(4)), IMAGE, Shape.of(6, 1, 1, 1)),
        "leaves no output",
        "axis 2");
    refused(
        () -> new ConvTranspose(Window.of(2), List.of(1), 1, Epilogue.NONE),
        "outputPadding [1]",
        "0 … 0");
    refused(() -> new ConvTranspose(Window.of(2), List.of(), 1, Epilogue.NONE), "needs 1 entries");
  }

  /** Transposed convolution undoes the shape of a convolution with the same window. */
  @Test
  void convTransposeInvertsSizes() {
    for (int in = 3; in < 12; in++) {
      for (int stride = 1; stride <= 3; stride++) {
        Window w = Window.of(3).withStride(stride).withPadding(1);
        long out = w.outputs(Shape.of(1, 1, in), false)[0];
        int left = (int) (in - (stride * (out - 1) + 3 - 2));
        ConvTranspose back = new ConvTranspose(w, List.of(left), 1, Epilogue.NONE);
        assertEquals(Shape.of(1, 1, in), one(back, Shape.of(1, 1, out), Shape.of(1, 1, 3)));
      }
    }
  }

  @Test
  void gemm() {
    Gemm op = new Gemm(false, false, Epilogue.NONE);
    assertEquals(Shape.of(3, 5), one(op, Shape.of(3, 4), Shape.of(4, 5)));
    assertEquals(Shape.of(7, 2, 3, 5), one(op, Shape.of(7, 1, 3, 4), Shape.of(2, 4, 5)));
    assertEquals(
        Shape.of(3, 5), one(new Gemm(true, true, Epilogue.NONE), Shape.of(4, 3), Shape.of(5, 4)));
    Gemm dense = Gemm.dense(Epilogue.BIAS);
    assertEquals(
        Shape.of(Shape.DYNAMIC, 5),
        one(dense, Shape.of(Shape.DYNAMIC, 4), Shape.of(5, 4), Shape.of(5)));
    refused(() -> one(op, Shape.of(3, 4), Shape.of(5, 4)), "inner sizes differ: 4", "against 5");
    refused(() -> one(op, Shape.of(4), Shape.of(4, 5)), "rank 2 or more");
    refused(() -> one(op, Shape.of(2, 3, 4), Shape.of(3, 4, 5)), "do not broadcast");
    refused(() -> one(dense, Shape.of(1, 4), Shape.of(5, 4), Shape.of(4)), "bias", "shape 5");
  }

  @Test
  void pool() {
    assertEquals(Shape.of(2, 6, 4, 4), one(Pool.max(Window.of(2, 2).withStride(2)), IMAGE));
    assertEquals(
        Shape.of(2, 6, 4, 5),
        one(Pool.max(Window.of(2, 2).withStride(2)).withCeilMode(true), IMAGE));
    assertEquals(Shape.of(2, 6, 8, 9), one(Pool.average(Window.of(3, 3).withPadding(1)), IMAGE));
    Pool weighted = Pool.weighted(Window.of(2, 3));
    assertEquals(Shape.of(2, 6, 7, 7), one(weighted, IMAGE, Shape.of(2, 3)));
    refused(() -> one(weighted, IMAGE, Shape.of(3, 2)), "window weights", "2x3");
    refused(() -> one(Pool.max(Window.of(2, 2).withPadding(2)), IMAGE), "smaller than the window");
    refused(() -> Pool.lp(Window.of(2), 0.5f), "p is 0.5", "at least 1");
    refused(() -> new Pool(Pool.Kind.MAX, Window.of(2), false, 2), "only LP takes it");
    Pool dilated = Pool.max(Window.of(2).withDilation(3).withPadding(List.of(2), List.of(1)));
    refused(() -> one(dilated, Shape.of(1, 1, 1)), "dilation [3]", "size 1", "no element");
    assertEquals(Shape.of(1, 1, 3), one(dilated, Shape.of(1, 1, 3)));
  }

  @Test
  void globalPool() {
    assertEquals(Shape.of(2, 6, 1, 1), one(GlobalPool.average(), IMAGE));
    assertEquals(List.of(8, 9), GlobalPool.max().toPool(IMAGE).window().kernel());
    refused(() -> one(GlobalPool.max(), Shape.of(2, 6)), "2x6", "spatial");
    refused(() -> new GlobalPool(Pool.Kind.WEIGHTED, 0), "WEIGHTED", "AVERAGE_EXCLUDE_PAD");
  }

  @Test
  void normalisation() {
    Shape c = Shape.of(6);
    BatchNorm op = new BatchNorm(1e-5f, Activation.NONE);
    assertEquals(IMAGE, one(op, IMAGE, c, c, c, c));
    refused(() -> one(op, IMAGE, c, c, Shape.of(5), c), "operand 3", "shape 5", "6 is expected");
    refused(() -> one(op, c, c, c, c, c), "channel dimension");
    refused(() -> new BatchNorm(-1, Activation.NONE), "epsilon is -1.0");
    assertEquals(IMAGE, one(new Lrn(5, 1, 1, 1, true), IMAGE));
    refused(() -> one(new Lrn(5, 1, 1, 1, true), Shape.of(2, 6, 8)), "N, C, H, W");
    refused(() -> new Lrn(0, 1, 1, 1, false), "size is 0");
    refused(() -> new Lrn(5, 1, 1, 0, false), "k is 0.0");
  }

  @Test
  void elementWise() {
    assertEquals(BATCH, one(new Unary(Activation.RELU), BATCH));
    assertEquals("relu", new Unary(Activation.RELU).type());
    assertEquals(IMAGE, one(new PRelu(), IMAGE, Shape.of(6, 1, 1)));
    refused(() -> one(new PRelu(), Shape.of(1, 6), Shape.of(2, 6)), "slope 2x6", "1x6");
    assertEquals(IMAGE, one(Binary.of(Binary.Kind.ADD), Shape.of(8, 9), IMAGE));
    refused(() -> one(Binary.of(Binary.Kind.MUL), IMAGE, Shape.of(6)), "9 against 6");
    assertEquals(IMAGE, one(Binary.multiplyAdd(), Shape.of(9), IMAGE, IMAGE));
    refused(() -> one(Binary.multiplyAdd(), IMAGE, IMAGE, Shape.of(9)), "multiply_add adds 9");
    refused(() -> one(Binary.multiplyAdd(), IMAGE, IMAGE), "multiply_add");
    refused(() -> new Binary(Binary.Kind.ADD, true, Activation.NONE), "ADD", "MUL");
    assertEquals(IMAGE, one(new Softmax(-1, false), IMAGE));
    assertEquals("log_softmax", new Softmax(0, true).type());
    refused(() -> one(new Softmax(4, false), IMAGE), "axis 4");
    assertEquals(IMAGE, one(new Copy(), IMAGE));
    refused(() -> Activation.clip(2, 1), "minimum 2.0", "maximum 1.0");
    refused(() -> Activation.elu(Float.NaN), "NaN");
  }

  @Test
  void reduce() {
    assertEquals(Shape.of(2, 6), one(new Reduce(Reduce.Kind.MEAN, List.of(-1, 2), false), IMAGE));
    assertEquals(
        Shape.of(2, 6, 1, 1), one(new Reduce(Reduce.Kind.SUM, List.of(2, 3), true), IMAGE));
    assertEquals(Shape.of(), one(new Reduce(Reduce.Kind.MAX, List.of(), false), IMAGE));
    assertEquals(0b1100, new Reduce(Reduce.Kind.MAX, List.of(3, -2), false).mask(IMAGE));
    refused(
        () -> one(new Reduce(Reduce.Kind.SUM, List.of(1, -3), false), IMAGE), "[1, -3]", "twice");
  }

  @Test
  void pad() {
    Pad op = new Pad(Pad.Mode.CONSTANT, List.of(0L, 0L, 1L, -2L), List.of(0L, 0L, 2L, 3L), 0);
    assertEquals(Shape.of(2, 6, 11, 10), one(op, IMAGE));
    assertEquals(Shape.of(Shape.DYNAMIC, 6, 11, 10), one(op, BATCH));
    Pad reflect = new Pad(Pad.Mode.REFLECT, List.of(3L), List.of(0L), 0);
    assertEquals(Shape.of(7), one(reflect, Shape.of(4)));
    refused(() -> one(reflect, Shape.of(3)), "exceed 2", "reflected");
    refused(() -> one(reflect, IMAGE), "one entry for each dimension");
    refused(
        () -> one(new Pad(Pad.Mode.EDGE, List.of(-2L), List.of(-1L), 0), Shape.of(3)),
        "leave nothing");
    refused(
        () ->
            one(
                new Pad(Pad.Mode.EDGE, List.of(1L, 0L), List.of(0L, 0L), 0),
                Shape.of(Shape.DYNAMIC, 2)),
        "dynamic batch");
    refused(() -> new Pad(Pad.Mode.EDGE, List.of(), List.of(), 1), "value 1.0", "EDGE");
  }

  @Test
  void resize() {
    Resize sized =
        new Resize(
            Resize.Mode.LINEAR,
            Resize.Coordinates.HALF_PIXEL,
            Resize.Nearest.FLOOR,
            List.of(16L, 3L),
            List.of());
    assertEquals(Shape.of(2, 6, 16, 3), one(sized, IMAGE));
    assertEquals(2f, sized.scalesFor(IMAGE)[0]);
    Resize scaled =
        new Resize(
            Resize.Mode.NEAREST,
            Resize.Coordinates.ASYMMETRIC,
            Resize.Nearest.FLOOR,
            List.of(),
            List.of(1.5f, 0.7f));
    assertEquals(Shape.of(2, 6, 12, 6), one(scaled, IMAGE));
    assertEquals(Shape.of(1, 1, 15, 7), one(scaled, Shape.of(1, 1, 10, 10)), "10·0.7 is 7");
    refused(() -> one(sized, Shape.of(1, 1, 5)), "1 spatial dimensions", "2 sizes");
    refused(() -> one(scaled, Shape.of(1, 1, 1, 1)), "output size 0", "axis 3");
    refused(
        () ->
            new Resize(
                Resize.Mode.NEAREST,
                Resize.Coordinates.ASYMMETRIC,
                Resize.Nearest.FLOOR,
                List.of(),
                List.of()),
        "sizes or scales");
  }
}
