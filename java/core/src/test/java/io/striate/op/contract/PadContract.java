package io.striate.op.contract;

import io.striate.op.Pad;
import io.striate.op.contract.ElementCases.Placed;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Padding and cropping in all modes. */
abstract class PadContract extends OpContract {
  PadContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    List<Case> out = new ArrayList<>();
    for (Pad.Mode mode : Pad.Mode.values()) {
      for (Placed p : ElementCases.placed(Shape.of(2, 5, 4, 6))) {
        each(out, mode, p, List.of(0L, 0L, 1L, 2L), List.of(0L, 0L, 2L, 1L));
        each(out, mode, p, List.of(0L, 2L, 0L, 0L), List.of(0L, 3L, 0L, 0L));
        each(out, mode, p, List.of(0L, 0L, -1L, 3L), List.of(0L, 0L, 2L, -4L));
        each(out, mode, p, List.of(1L, 1L, 1L, 1L), List.of(1L, 1L, 1L, 1L));
        each(out, mode, p, List.of(-1L, -2L, -1L, -2L), List.of(0L, -1L, -1L, -2L));
        each(out, mode, p, List.of(0L, 0L, 0L, 0L), List.of(0L, 0L, 0L, 0L));
        each(out, mode, p, List.of(0L, 0L, 3L, -2L), List.of(0L, 0L, -3L, 5L));
      }
      for (Placed p : ElementCases.placed(Shape.of(7))) {
        each(out, mode, p, List.of(6L), List.of(5L));
      }
      for (Placed p : ElementCases.placed(Shape.of(1, 3, 2, 2, 3))) {
        each(out, mode, p, List.of(0L, 0L, 1L, 1L, 2L), List.of(0L, 0L, 1L, 0L, 1L));
      }
    }
    Placed p = ElementCases.placed(Shape.of(2, 3)).get(0);
    each(out, Pad.Mode.CONSTANT, p, List.of(0L, 9L), List.of(5L, 0L));
    each(out, Pad.Mode.CONSTANT, p, List.of(0L, -7L), List.of(0L, 9L));
    each(out, Pad.Mode.EDGE, p, List.of(4L, 0L), List.of(0L, 11L));
    return out.stream();
  }

  private static void each(
      List<Case> out, Pad.Mode mode, Placed p, List<Long> begin, List<Long> end) {
    Pad op = new Pad(mode, begin, end, mode == Pad.Mode.CONSTANT ? -1.5f : 0);
    String name = "pad %s %s %s of %s".formatted(mode, begin, end, p);
    Random random = new Random(name.hashCode());
    Arg arg = Arg.of(p.shape(), p.layout(), Data.reals(random, p.shape(), 1));
    Shape shape = op.infer(List.of(p.shape())).get(0);
    List<Placed> places = ElementCases.placed(shape);
    Placed dst = places.get(random.nextInt(places.size()));
    out.add(
        new Case(
            name + " > " + dst, op, List.of(arg), dst.layout(), () -> reference(op, arg, shape)));
  }

  private static Expected reference(Pad op, Arg arg, Shape out) {
    Shape x = arg.shape();
    double[] value = new double[Math.toIntExact(out.elements())];
    Odometer.forEach(
        out.dims(),
        o -> {
          long[] i = o.clone();
          boolean inside = true;
          for (int d = 0; d < i.length; d++) {
            i[d] -= op.begin().get(d);
            long last = x.dim(d) - 1;
            inside &= i[d] >= 0 && i[d] <= last;
            if (op.mode() == Pad.Mode.EDGE) {
              i[d] = Math.clamp(i[d], 0, last);
            }
            if (op.mode() == Pad.Mode.REFLECT) {
              i[d] = i[d] < 0 ? -i[d] : i[d];
              i[d] = i[d] > last ? 2 * last - i[d] : i[d];
            }
          }
          boolean constant = op.mode() == Pad.Mode.CONSTANT && !inside;
          value[Odometer.at(out.dims(), o)] =
              constant ? op.value() : arg.data()[Odometer.at(x.dims(), i)];
        });
    return Expected.exact(value);
  }
}
