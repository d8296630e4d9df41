package io.striate.op.vector;

/**
 * Whether this JVM has an instruction for {@code a·b + c} rounded once. Without it {@link Math#fma}
 * goes through BigDecimal, and so does every lane of a vector.
 */
final class FusedMultiplyAdd {
  private static final int CALLS = 64;
  private static final int ROUNDS = 16;

  /**
   * Interpreted, the instruction takes a few times as long as a product and a sum, BigDecimal some
   * hundred times.
   */
  private static final int MOST_RATIO = 50;

  private static final boolean INSTRUCTION = measure();

  private FusedMultiplyAdd() {}

  static boolean isInstruction() {
    return INSTRUCTION;
  }

  private static boolean measure() {
    long fused = Long.MAX_VALUE;
    long plain = Long.MAX_VALUE;
    float used = 1.5f;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < CALLS; i++) {
        used = Math.fma(used, 0.7f, 0.3f);
      }
      long middle = System.nanoTime();
      for (int i = 0; i < CALLS; i++) {
        used = used * 0.7f + 0.3f;
      }
      fused = Math.min(fused, middle - start);
      plain = Math.min(plain, System.nanoTime() - middle);
    }
    // the chains converge to 1; the test keeps them from being dropped
    return used > 0 && fused < MOST_RATIO * Math.max(plain, 1);
  }
}
