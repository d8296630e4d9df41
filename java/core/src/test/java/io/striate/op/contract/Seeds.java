package io.striate.op.contract;

/** The seed of random cases: 1 unless the environment variable STRIATE_SEED says otherwise. */
final class Seeds {
  private static final long SEED =
      Long.parseLong(System.getenv().getOrDefault("STRIATE_SEED", "1"));

  static {
    System.out.println("random cases use seed " + SEED + " (STRIATE_SEED)");
  }

  private Seeds() {}

  static long seed() {
    return SEED;
  }
}
