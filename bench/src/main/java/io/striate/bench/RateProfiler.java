package io.striate.bench;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** Adds GFLOP/s and the share of the measured FMA peak to every result in time per operation. */
public final class RateProfiler implements InternalProfiler {
  @Override
  public String getDescription() {
    return "GFLOP/s and share of the measured FMA peak";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {}

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    Rates rates = Rates.current();
    if (rates.macs() == 0 || benchmark.getMode() == Mode.Throughput) {
      return List.of();
    }
    double unit = TimeUnit.NANOSECONDS.convert(1, benchmark.getTimeUnit());
    double gflops = rates.gflops(result.getPrimaryResult().getScore() * unit);
    ScalarResult rate = new ScalarResult("gflops", gflops, "GFLOP/s", AggregationPolicy.AVG);
    if (Double.isNaN(rates.peakGflops())) {
      return List.of(rate);
    }
    double percent = 100 * gflops / rates.peakGflops();
    return List.of(rate, new ScalarResult("peak", percent, "%", AggregationPolicy.AVG));
  }
}
