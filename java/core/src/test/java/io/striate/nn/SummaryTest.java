package io.striate.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Resize;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@link Summary} counts, against numbers worked out by hand. */
final class SummaryTest {

  private static Summary.Row last(Flow flow) {
    return flow.build().summary().rows().getLast();
  }

  private static Flow image(long size) {
    return Network.named("test").input(3, size, size);
  }

  @Test
  void receptiveFields() {
    // Three 3x3 convolutions see as much as one 7x7 (Simonyan & Zisserman 2015, section 2.3).
    Summary.Row row = last(image(32).conv2d(4, 3).conv2d(4, 3).conv2d(4, 3));
    assertEquals(List.of(7.0, 7.0), row.receptiveField());
    assertEquals(List.of(1.0, 1.0), row.stride());
    // AlexNet's first layers: 11/4, pool 3/2, 5x5: 11 + 2·4 + 4·8 = 51.
    row =
        last(
            image(227)
                .conv2d(4, 11, c -> c.stride(4))
                .maxPool2d(3, p -> p.stride(2))
                .conv2d(4, 5, c -> c.padding(2)));
    assertEquals(List.of(51.0, 51.0), row.receptiveField());
    assertEquals(List.of(8.0, 8.0), row.stride());
    // Dilation 2 makes 3x3 see 5x5; a branch that joins brings its larger field.
    Flow x = image(32);
    row = last(x.conv2d(4, 3, c -> c.dilation(2).padding(2)).add(x.conv2d(4, 1)));
    assertEquals(List.of(5.0, 5.0), row.receptiveField());
    // A dense layer sees all that the flattened image saw: 3 + 29·1 = 32.
    row = last(image(32).conv2d(4, 3).flatten().dense(2));
    assertEquals(List.of(32.0, 32.0), row.receptiveField());
    // Transposed 4x4 stride 2: each element sees 2x2 of what is 2 apart.
    row = last(image(32).maxPool2d(2).convTranspose2d(4, 4, c -> c.stride(2).padding(1)));
    assertEquals(List.of(4.0, 4.0), row.receptiveField());
    assertEquals(List.of(1.0, 1.0), row.stride());
    row = last(image(32).maxPool2d(2).upsample2d(2, Resize.Mode.NEAREST));
    assertEquals(List.of(2.0, 2.0), row.receptiveField());
    assertEquals(List.of(1.0, 1.0), row.stride());
    row = last(image(32).conv(4, List.of(1, 7), c -> c));
    assertEquals(List.of(1.0, 7.0), row.receptiveField());
  }

  @Test
  void memoryAndArithmetic() {
    Summary s =
        image(8)
            .named("c")
            .conv2d(4, 3)
            .named("r")
            .relu()
            .flatten()
            .named("d")
            .dense(10)
            .build()
            .summary();
    assertEquals(4 * 36, s.row("c").memory());
    assertEquals(0, s.row("r").memory()); // in place
    assertEquals(192 + 144 + 10, s.memory());
    assertEquals(144 * 27, s.row("c").macs());
    assertEquals(1440, s.row("d").macs());
    assertEquals(3888 + 1440, s.macs());
    // The first convolution needs no gradient of its input, the dense layer does.
    assertEquals(2 * 3888 + 3 * 1440, s.trainingMacs());
    long parameters = 4 * 27 + 4 + 1440 + 10;
    assertEquals(2 * (192 + 144 + 144 + 10 + parameters), s.trainingMemory());
    assertThrows(IllegalArgumentException.class, () -> s.row("e"));
  }

  @Test
  void tableShowsTheTotals() {
    String text =
        image(8).named("c").conv2d(4, 3).named("b").batchNorm().build().summary().toString();
    assertTrue(text.contains("c (conv2d)"), text);
    assertTrue(text.contains("Total params: 128"), text);
    assertTrue(text.contains("Trainable params: 120"), text);
    assertTrue(text.contains("Non-trainable params: 8"), text);
  }
}
