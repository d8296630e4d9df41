package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.graph.Constant.Role;
import io.striate.nn.Model;
import io.striate.nn.Summary;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** LeNet-5, as published and in its modern form. */
class LeNetTest {

  /** LeCun et al. 1998, section II.B, with the numbers of its text. */
  @Test
  void asPublished() {
    Model model = Zoo.of("lenet5_1998").build();
    Summary s = model.summary();
    LayerTable.check(
        s,
        """
        input   | 32x32x1
        c1      | 28x28x6  | 156    | | 28*28*6*5*5
        s2.mean | 14x14x6
        s2      | 14x14x6  | 12     | 0
        c3      | 10x10x16 | 1,516  | | 10*10*60*5*5
        s4.mean | 5x5x16
        s4      | 5x5x16   | 32     | 0
        c5      | 1x1x120  | 48,120 | | 120*16*5*5
        f6      | 84       | 10,164 | | 84*120
        output  | 10       | | 10*84+10*84+10 |
        """);
    assertEquals(60_000, s.parameters());
    assertEquals(840, model.graph().elements(Role.FIXED) - 2);
    // "122,304 connections", "151,600", "48,120": the products, and one bias for each unit.
    assertEquals(122_304, s.row("c1").macs() + 28 * 28 * 6);
    assertEquals(151_600, s.row("c3").macs() + 10 * 10 * 16);
    assertEquals(48_120, s.row("c5").macs() + 120);
  }

  @Test
  void modern() {
    Summary s = Zoo.lenet5(10).summary();
    LayerTable.check(
        s,
        """
        input  | 28x28x1
        c1     | 28x28x6  | 6*5*5+6      | | 28*28*6*5*5
        s2     | 14x14x6
        c3     | 10x10x16 | 16*5*5*6+16  | | 10*10*16*5*5*6
        s4     | 5x5x16
        c5     | 1x1x120  | 48,120       | | 48000
        f6     | 84       | 10,164       | | 84*120
        logits | 10       | 850          | | 840
        """);
    assertEquals(61_706, s.parameters());
  }

  /** The arithmetic of a subsampling unit and of the output, by hand. */
  @Test
  void subsamplingAndOutput() {
    Model model =
        Zoo.seeded("lenet5_1998", 4).outputsAt("c1.squash", "s2.squash", "f6.squash", "output");
    Map<String, Tensor> weights = model.weights();
    Shape one = Shape.of(1, 1, 32, 32);
    float[] pixels = new float[(int) one.elements()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) Math.sin(i * 0.37);
    }
    try (CompiledModel compiled = model.compile(Options.defaults().threads(1));
        Execution run = compiled.newExecution()) {
      run.input().copyFrom(pixels);
      run.run();
      Tensor c1 = run.output("c1.squash");
      Tensor s2 = run.output("s2.squash");
      for (int map = 0; map < 6; map++) {
        float a = weights.get("s2.weight").get(map, 0, 0);
        float b = weights.get("s2.bias").get(map, 0, 0);
        for (int y = 0; y < 14; y += 5) {
          double sum = 0;
          for (int i = 0; i < 4; i++) {
            sum += c1.get(0, map, 2 * y + i / 2, 6 + i % 2);
          }
          double expected = 1.7159 * Math.tanh(2 / 3.0 * (a * sum + b));
          assertEquals(expected, s2.get(0, map, y, 3), 1e-5);
        }
      }
      Tensor f6 = run.output("f6.squash");
      Tensor bitmaps = DigitBitmaps.of(10);
      for (int digit = 0; digit < 10; digit++) {
        double distance = 0;
        for (int j = 0; j < 84; j++) {
          distance += Math.pow(f6.get(0, j) - bitmaps.get(digit, j), 2);
        }
        assertEquals(distance, run.output("output").get(0, digit), 1e-3);
      }
    }
  }

  /** Map f of C3 depends on those maps of S2 that table I names, and on no other. */
  @Test
  void tableOne() {
    Model model = Zoo.seeded("lenet5_1998", 4);
    int[] links = new int[6];
    Map<String, Tensor> weights = model.weights();
    for (int f = 0; f < 16; f++) {
      Shape shape = weights.get("c3." + f + ".weight").shape();
      int expected = f < 6 ? 3 : f < 15 ? 4 : 6;
      assertEquals(Shape.of(1, expected, 5, 5), shape);
    }
    Map<String, float[]> answers = new LinkedHashMap<>();
    for (int input = 0; input < 6; input++) {
      Map<String, Tensor> changed = new LinkedHashMap<>(weights);
      float[] bias = weights.get("s2.bias").toArray();
      bias[input] += 1;
      changed.put("s2.bias", Tensor.of(Shape.of(6, 1, 1), bias));
      answers.put("" + input, c3(model.withWeights(changed)));
    }
    float[] before = c3(model);
    String[] table = new String[6];
    for (int input = 0; input < 6; input++) {
      StringBuilder row = new StringBuilder();
      for (int f = 0; f < 16; f++) {
        boolean seen = before[f * 100] != answers.get("" + input)[f * 100];
        row.append(seen ? 'X' : '.');
        links[input] += seen ? 1 : 0;
      }
      table[input] = row.toString();
    }
    assertArrayEquals(
        new String[] {
          "X...XXX..XXXX.XX",
          "XX...XXX..XXXX.X",
          "XXX...XXX..X.XXX",
          ".XXX..XXXX..X.XX",
          "..XXX..XXXX.XX.X",
          "...XXX..XXXX.XXX"
        },
        table);
    assertArrayEquals(new int[] {10, 10, 10, 10, 10, 10}, links);
  }

  private static float[] c3(Model model) {
    try (CompiledModel compiled =
            model.outputsAt("c3").compile(Options.defaults().threads(1).strategy("scalar"));
        Execution run = compiled.newExecution()) {
      run.run();
      return run.output().toArray();
    }
  }

  @Test
  void bitmapsArePlusAndMinusOneAndFarFromEachOther() {
    Tensor bitmaps = DigitBitmaps.of(10);
    assertEquals(Shape.of(10, 84), bitmaps.shape());
    for (int a = 0; a < 10; a++) {
      for (int b = 0; b < a; b++) {
        int differ = 0;
        for (int j = 0; j < 84; j++) {
          assertEquals(1, Math.abs(bitmaps.get(a, j)));
          differ += bitmaps.get(a, j) == bitmaps.get(b, j) ? 0 : 1;
        }
        assertTrue(differ >= 8, a + " and " + b + " differ in " + differ + " pixels");
      }
    }
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Zoo.of("lenet5_1998").build(ZooOptions.defaults().withClasses(11)))
            .getMessage();
    assertTrue(message.contains("11 classes"), message);
  }
}
