package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Matrix products: sizes around the tiles, transposed, batched, strided, with epilogues. */
abstract class GemmContract extends OpContract {
  GemmContract(TestProvider description) {
    super(description);
  }

  /** Shapes of a and b as stored. */
  private record Spec(Shape a, Shape b, Gemm op, boolean constant, boolean padded) {
    static Spec of(long m, long n, long k) {
      return new Spec(
          Shape.of(m, k), Shape.of(k, n), new Gemm(false, false, Epilogue.NONE), true, false);
    }

    Spec transposed(boolean transA, boolean transB) {
      return new Spec(
          transA ? swapped(a) : a,
          transB ? swapped(b) : b,
          new Gemm(transA, transB, op.epilogue()),
          constant,
          padded);
    }

    private static Shape swapped(Shape s) {
      return s.withDim(-1, s.dim(-2)).withDim(-2, s.dim(-1));
    }

    Spec lead(Shape ofA, Shape ofB) {
      return new Spec(joined(ofA, a), joined(ofB, b), op, constant, padded);
    }

    private static Shape joined(Shape lead, Shape s) {
      long[] dims = Arrays.copyOf(lead.dims(), lead.rank() + s.rank());
      System.arraycopy(s.dims(), 0, dims, lead.rank(), s.rank());
      return Shape.of(dims);
    }

    Spec epilogue(Epilogue epilogue) {
      return new Spec(a, b, new Gemm(op.transA(), op.transB(), epilogue), constant, padded);
    }

    Spec atRun() {
      return new Spec(a, b, op, false, padded);
    }

    Spec withPaddedRows() {
      return new Spec(a, b, op, constant, true);
    }

    private Layout layout(Shape s) {
      return padded ? rowsApart(s) : Layout.rowMajor(s);
    }

    private static Layout rowsApart(Shape s) {
      Layout wide = Layout.rowMajor(s.withDim(-1, s.dim(-1) + 3));
      return Layout.of(2, wide.strides());
    }

    Case toCase(boolean integers, boolean sumsInDouble) {
      String name = this + (integers ? " integers" : " reals");
      Random random = new Random(name.hashCode());
      List<Arg> args = new ArrayList<>();
      args.add(Arg.of(a, layout(a), Data.of(random, a, integers)));
      Arg right = Arg.of(b, layout(b), Data.of(random, b, integers));
      args.add(constant ? right.asConstant() : right);
      Shape out = epilogue(Epilogue.NONE).op().infer(List.of(a, b)).get(0);
      if (op.epilogue().hasBias()) {
        Shape bias = Shape.of(out.dim(-1));
        args.add(Arg.dense(bias, Data.of(random, bias, integers)).asConstant());
      }
      if (op.epilogue().hasResidual()) {
        args.add(Arg.of(out, layout(out), Data.of(random, out, integers)));
      }
      boolean exact = integers && Bounds.isExact(op.epilogue().activation());
      return new Case(
          name, op, args, layout(out), () -> reference(op, args, out, sumsInDouble).exactIf(exact));
    }

    @Override
    public String toString() {
      return "gemm %s%s %s%s%s%s%s"
          .formatted(
              a,
              op.transA() ? "T" : "",
              b,
              op.transB() ? "T" : "",
              op.epilogue(),
              constant ? "" : " b at run",
              padded ? " rows apart" : "");
    }
  }

  private static Expected reference(Gemm op, List<Arg> args, Shape out, boolean sumsInDouble) {
    Shape a = args.get(0).shape();
    Shape b = args.get(1).shape();
    long inner = a.dim(op.transA() ? -2 : -1);
    ConvReference.Sums sums = new ConvReference.Sums(args, out, inner);
    int last = out.rank() - 1;
    Odometer.forEach(
        out.dims(),
        o -> {
          int outAt = Odometer.at(out.dims(), o);
          for (long k = 0; k < inner; k++) {
            long[] ai = o.clone();
            ai[last - 1] = op.transA() ? k : o[last - 1];
            ai[last] = op.transA() ? o[last - 1] : k;
            long[] bi = o.clone();
            bi[last - 1] = op.transB() ? o[last] : k;
            bi[last] = op.transB() ? k : o[last];
            sums.add(outAt, Odometer.broadcast(a, ai), Odometer.broadcast(b, bi));
          }
        });
    return ConvReference.finish(op.epilogue(), args, last, sums, sumsInDouble);
  }

  @Override
  Stream<Case> cases() {
    boolean sumsInDouble = description().sumsInDouble();
    return specs().stream()
        .flatMap(s -> Stream.of(s.toCase(true, sumsInDouble), s.toCase(false, sumsInDouble)));
  }

  private static List<Spec> specs() {
    List<Spec> out = new ArrayList<>();
    for (long m : List.of(1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 17, 31)) {
      out.add(Spec.of(m, 33, 17));
      out.add(Spec.of(m, 5, 64).transposed(false, true).epilogue(Epilogue.BIAS));
    }
    for (long n :
        List.of(1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 127, 129)) {
      out.add(Spec.of(1, n, 40).transposed(false, true).epilogue(Epilogue.BIAS));
      out.add(Spec.of(7, n, 9));
    }
    for (long k : List.of(1, 2, 3, 8, 15, 16, 17, 63, 255, 256, 257, 600)) {
      out.add(Spec.of(3, 20, k));
      out.add(Spec.of(1, 10, k).transposed(false, true).epilogue(ConvSpec.with(Activation.RELU)));
    }
    for (boolean transA : new boolean[] {false, true}) {
      for (boolean transB : new boolean[] {false, true}) {
        Spec s = Spec.of(9, 21, 13).transposed(transA, transB);
        out.add(s);
        out.add(s.atRun());
        out.add(s.withPaddedRows());
        out.add(s.withPaddedRows().atRun().epilogue(Epilogue.BIAS.withResidual()));
        out.add(s.lead(Shape.of(3), Shape.of(3)).atRun());
        out.add(s.lead(Shape.of(2, 1), Shape.of(3)));
        out.add(s.lead(Shape.of(2), Shape.of()).epilogue(Epilogue.BIAS));
        out.add(s.lead(Shape.of(), Shape.of(2, 2)).atRun());
        // One row, one column, one of both: the strides of such a dimension mean nothing.
        for (long m : new long[] {1, 5}) {
          for (long n : new long[] {1, 6}) {
            Spec thin = Spec.of(m, n, 7).transposed(transA, transB);
            out.add(thin.lead(Shape.of(1), Shape.of(1)).atRun());
            out.add(thin.lead(Shape.of(), Shape.of(3)).atRun());
            out.add(thin.lead(Shape.of(2, 1), Shape.of()));
          }
        }
      }
    }
    for (Activation activation : ConvSpecs.activations()) {
      out.add(Spec.of(4, 19, 8).epilogue(Epilogue.BIAS.withActivation(activation)));
      out.add(
          Spec.of(1, 19, 8)
              .transposed(false, true)
              .epilogue(Epilogue.BIAS.withResidual().withActivation(activation)));
    }
    Random random = new Random(Seeds.seed());
    for (int i = 0; i < 60; i++) {
      Spec s =
          Spec.of(1 + random.nextInt(40), 1 + random.nextInt(100), 1 + random.nextInt(100))
              .transposed(random.nextBoolean(), random.nextBoolean())
              .epilogue(new Epilogue(random.nextBoolean(), random.nextBoolean(), Activation.RELU));
      s = random.nextBoolean() ? s.atRun() : s;
      out.add(random.nextBoolean() ? s.withPaddedRows() : s);
    }
    return out;
  }

  /** Rows of a dense layer. */
  @Override
  List<Integer> batched(Case c) {
    Gemm op = (Gemm) c.op();
    if (op.transA() || c.args().get(0).shape().rank() != 2 || c.args().get(1).shape().rank() != 2) {
      return List.of();
    }
    return op.epilogue().hasResidual() ? List.of(0, c.args().size() - 1) : List.of(0);
  }
}
