package io.striate.op.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.AutoPad;
import io.striate.op.Conv;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Convolution: at least 300 curated and 300 random shapes, each on integers and on reals. */
abstract class ConvContract extends OpContract {
  ConvContract(TestProvider description) {
    super(description);
  }

  @Override
  Stream<Case> cases() {
    boolean sumsInDouble = description().sumsInDouble();
    return Stream.concat(ConvSpecs.curated().stream(), ConvSpecs.random(Seeds.seed(), 300).stream())
        .flatMap(s -> Stream.of(s.toCase(true, sumsInDouble), s.toCase(false, sumsInDouble)));
  }

  @Test
  void thereAreEnoughShapes() {
    List<ConvSpec> curated = ConvSpecs.curated();
    assertTrue(curated.stream().distinct().count() >= 300, curated.size() + " curated shapes");
  }

  @Override
  List<Integer> batched(Case c) {
    boolean residual = ((Conv) c.op()).epilogue().hasResidual();
    return residual ? List.of(0, c.args().size() - 1) : List.of(0);
  }

  @Test
  void paddingByRuleIsRefused() {
    Window same = Window.of(3, 3).withAutoPad(AutoPad.SAME_UPPER);
    new Manners(this)
        .refusesPaddingByRule(Conv.of(same), Shape.of(1, 4, 5, 5), Shape.of(4, 4, 3, 3));
  }
}
