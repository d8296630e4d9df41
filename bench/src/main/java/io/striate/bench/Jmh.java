package io.striate.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** JMH's command line with {@link RateProfiler} always on. */
public final class Jmh {
  private Jmh() {}

  /** Arguments as of JMH; {@code -h} lists them. */
  public static void main(String[] args) throws IOException {
    List<String> all = new ArrayList<>(List.of("-prof", RateProfiler.class.getName()));
    all.addAll(List.of(args));
    org.openjdk.jmh.Main.main(all.toArray(String[]::new));
  }
}
