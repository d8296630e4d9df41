package io.striate.op.contract;

import java.util.Map;
import java.util.TreeMap;

/**
 * What one provider did in one contract: cases by kernel, refusals by reason. Printed when the
 * contract ends.
 */
final class Ledger {
  private final Map<String, Integer> kernels = new TreeMap<>();
  private final Map<String, Integer> refusals = new TreeMap<>();

  synchronized void ran(String kernelId) {
    kernels.merge(kernelId, 1, Integer::sum);
  }

  /** Numbers are left out of the reason so that like ones count together. */
  synchronized void refused(String reason) {
    refusals.merge(
        reason.replaceAll("\\[[^\\]]*\\]", "[…]").replaceAll("\\d+", "#"), 1, Integer::sum);
  }

  synchronized int cases() {
    return kernels.values().stream().mapToInt(Integer::intValue).sum();
  }

  synchronized String report(String title) {
    StringBuilder out = new StringBuilder(title).append('\n');
    kernels.forEach((id, count) -> out.append("  %6d  %s%n".formatted(count, id)));
    refusals.forEach(
        (reason, count) -> out.append("  %6d  refused: %s%n".formatted(count, reason)));
    return out.toString();
  }
}
