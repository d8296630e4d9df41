package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** The round trip between two threads. */
class HandOffTest {
  @Test
  void aRoundTripTakesTimeAndEnds() throws InterruptedException {
    assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "there is one core only");
    long nanos = HandOff.nanos();
    assertTrue(nanos > 5, () -> "two cores cannot answer each other within " + nanos + " ns");
  }
}
