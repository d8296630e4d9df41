package io.striate.op.contract;

import io.striate.op.Activation;
import io.striate.op.AutoPad;
import io.striate.op.ConvTranspose;
import io.striate.op.Epilogue;
import io.striate.op.Window;
import io.striate.op.contract.Data.Place;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Transposed convolution: curated and random shapes, each on integers and on reals. */
abstract class ConvTransposeContract extends OpContract {
  ConvTransposeContract(TestProvider description) {
    super(description);
  }

  /** A transposed convolution of an input N, IC, spatial… to OC channels. */
  private record Spec(Shape x, int oc, ConvTranspose op, Place src, Place dst) {
    static Spec of(int oc, Window window, long... x) {
      return new Spec(
          Shape.of(x), oc, ConvTranspose.of(window), Place.CHANNELS_LAST, Place.CHANNELS_LAST);
    }

    Spec outputPadding(Integer... values) {
      return with(new ConvTranspose(op.window(), List.of(values), op.groups(), op.epilogue()));
    }

    Spec groups(int groups) {
      return with(new ConvTranspose(op.window(), op.outputPadding(), groups, op.epilogue()));
    }

    Spec epilogue(Epilogue epilogue) {
      return with(new ConvTranspose(op.window(), op.outputPadding(), op.groups(), epilogue));
    }

    Spec places(Place source, Place destination) {
      return new Spec(x, oc, op, source, destination);
    }

    private Spec with(ConvTranspose next) {
      return new Spec(x, oc, next, src, dst);
    }

    boolean leavesOutput() {
      Window w = op.window();
      for (int i = 0; i < w.rank(); i++) {
        long size =
            w.stride().get(i) * (x.dim(i + 2) - 1) + op.outputPadding().get(i) + w.extent(i);
        if (size <= w.padBegin().get(i) + w.padEnd().get(i)) {
          return false;
        }
      }
      return true;
    }

    Case toCase(boolean integers, boolean sumsInDouble) {
      String name = this + (integers ? " integers" : " reals");
      Random random = new Random(name.hashCode());
      long[] w = x.dims();
      w[0] = x.dim(1);
      w[1] = oc / op.groups();
      for (int i = 2; i < w.length; i++) {
        w[i] = op.window().kernel().get(i - 2);
      }
      List<Arg> args = new ArrayList<>();
      args.add(Arg.of(x, src.layout(x), Data.of(random, x, integers)));
      args.add(Arg.dense(Shape.of(w), Data.of(random, Shape.of(w), integers)).asConstant());
      ConvTranspose plain = epilogue(Epilogue.NONE).op();
      Shape out = plain.infer(List.of(x, Shape.of(w))).get(0);
      if (op.epilogue().hasBias()) {
        args.add(Arg.dense(Shape.of(oc), Data.of(random, Shape.of(oc), integers)).asConstant());
      }
      if (op.epilogue().hasResidual()) {
        args.add(Arg.of(out, dst.layout(out), Data.of(random, out, integers)));
      }
      boolean exact = integers && Bounds.isExact(op.epilogue().activation());
      return new Case(
          name,
          op,
          args,
          dst.layout(out),
          () -> ConvReference.convTranspose(op, args, sumsInDouble).exactIf(exact));
    }

    @Override
    public String toString() {
      return "conv_transpose %s oc%d %s op%s g%d%s %s>%s"
          .formatted(
              x, oc, brief(op.window()), op.outputPadding(), op.groups(), op.epilogue(), src, dst);
    }

    private static String brief(Window w) {
      return "k%s s%s d%s p%s+%s"
          .formatted(w.kernel(), w.stride(), w.dilation(), w.padBegin(), w.padEnd());
    }
  }

  @Override
  Stream<Case> cases() {
    boolean sumsInDouble = description().sumsInDouble();
    return Stream.concat(curated().stream(), random(Seeds.seed(), 80).stream())
        .flatMap(s -> Stream.of(s.toCase(true, sumsInDouble), s.toCase(false, sumsInDouble)));
  }

  private static List<Spec> curated() {
    List<Spec> out = new ArrayList<>();
    Epilogue all = Epilogue.BIAS.withResidual().withActivation(Activation.RELU);
    for (int c : List.of(1, 3, 8, 16, 17, 33)) {
      out.add(Spec.of(c, Window.of(2, 2).withStride(2), 1, 5, 3, 4));
      out.add(
          Spec.of(6, Window.of(3, 3).withStride(2).withPadding(1), 1, c, 4, 3).outputPadding(1, 1));
      out.add(
          Spec.of(c, Window.of(4, 4).withStride(2).withPadding(1), 2, 4, 3, 3)
              .epilogue(Epilogue.BIAS));
      out.add(Spec.of(c, Window.of(3, 3).withPadding(1), 1, 7, 5, 5));
    }
    out.add(Spec.of(4, Window.of(1, 1), 1, 4, 3, 3));
    out.add(Spec.of(4, Window.of(1, 1).withStride(3), 1, 4, 3, 3).outputPadding(2, 1));
    out.add(Spec.of(4, Window.of(2, 2).withStride(4), 1, 4, 3, 3));
    out.add(Spec.of(5, Window.of(3, 2).withStride(3, 1), 1, 4, 3, 4).outputPadding(2, 0));
    out.add(
        Spec.of(
            5,
            Window.of(5, 5).withStride(2).withPadding(List.of(0, 2), List.of(1, 3)),
            1,
            4,
            4,
            4));
    out.add(Spec.of(5, Window.of(3, 3).withDilation(2), 1, 4, 4, 3));
    out.add(Spec.of(5, Window.of(3, 3).withDilation(3).withStride(2).withPadding(2), 1, 4, 4, 3));
    out.add(Spec.of(5, Window.of(3, 3).withPadding(2), 1, 4, 3, 3));
    out.add(Spec.of(8, Window.of(2, 2).withStride(2), 1, 6, 3, 3).groups(2));
    out.add(Spec.of(12, Window.of(4, 4).withStride(2).withPadding(1), 1, 12, 3, 3).groups(12));
    out.add(Spec.of(12, Window.of(3, 3).withPadding(1), 2, 6, 4, 4).groups(3).epilogue(all));
    out.add(Spec.of(9, Window.of(4).withStride(2).withPadding(1), 2, 5, 7));
    out.add(Spec.of(9, Window.of(3).withStride(3).withDilation(2), 1, 5, 4));
    out.add(Spec.of(6, Window.of(2, 2, 2).withStride(2), 1, 5, 2, 3, 2));
    out.add(
        Spec.of(6, Window.of(3, 3, 3).withStride(2).withPadding(1), 1, 5, 2, 3, 2)
            .outputPadding(1, 0, 1));
    for (Place src : Place.values()) {
      for (Place dst : Place.values()) {
        out.add(
            Spec.of(7, Window.of(3, 3).withStride(2), 2, 5, 3, 2).places(src, dst).epilogue(all));
      }
    }
    for (Activation activation : ConvSpecs.activations()) {
      out.add(
          Spec.of(5, Window.of(2, 2).withStride(2), 1, 4, 3, 3)
              .epilogue(Epilogue.BIAS.withActivation(activation)));
    }
    return out;
  }

  private static List<Spec> random(long seed, int count) {
    Random random = new Random(seed);
    List<Spec> out = new ArrayList<>();
    while (out.size() < count) {
      int rank = 1 + random.nextInt(3);
      Integer[] kernel = new Integer[rank];
      Integer[] stride = new Integer[rank];
      Integer[] dilation = new Integer[rank];
      Integer[] extra = new Integer[rank];
      List<Integer> begin = new ArrayList<>();
      List<Integer> end = new ArrayList<>();
      long[] x = new long[rank + 2];
      int groups = 1 + random.nextInt(random.nextInt(3) == 0 ? 5 : 1);
      x[0] = 1L + random.nextInt(2);
      x[1] = (long) groups * (1 + random.nextInt(12));
      for (int i = 0; i < rank; i++) {
        kernel[i] = 1 + random.nextInt(4);
        stride[i] = 1 + random.nextInt(3);
        dilation[i] = random.nextInt(4) == 0 ? 2 : 1;
        extra[i] = random.nextInt(Math.max(stride[i], dilation[i]));
        begin.add(random.nextInt(kernel[i]));
        end.add(random.nextInt(kernel[i]));
        x[i + 2] = 1L + random.nextInt(rank == 3 ? 4 : 7);
      }
      Window window =
          Window.of(kernel).withStride(stride).withDilation(dilation).withPadding(begin, end);
      Epilogue epilogue =
          new Epilogue(random.nextBoolean(), random.nextInt(4) == 0, Activation.RELU);
      Place[] places = Place.values();
      Spec spec =
          Spec.of(groups * (1 + random.nextInt(20)), window, x)
              .outputPadding(extra)
              .groups(groups)
              .epilogue(epilogue)
              .places(places[random.nextInt(4)], places[random.nextInt(4)]);
      if (spec.leavesOutput()) {
        out.add(spec);
      }
    }
    return out;
  }

  @Override
  List<Integer> batched(Case c) {
    boolean residual = ((ConvTranspose) c.op()).epilogue().hasResidual();
    return residual ? List.of(0, c.args().size() - 1) : List.of(0);
  }

  @Test
  void paddingByRuleIsRefused() {
    Window same = Window.of(3, 3).withAutoPad(AutoPad.SAME_UPPER);
    new Manners(this)
        .refusesPaddingByRule(ConvTranspose.of(same), Shape.of(1, 4, 5, 5), Shape.of(4, 4, 3, 3));
  }
}
