package io.striate.bench;

import io.striate.StriateException;
import io.striate.exec.Options;
import io.striate.serve.BatchPolicy;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Latency of a service under open-loop load, with and without the micro-batcher.
 *
 * <p>Requests arrive as a Poisson process from a seed, the same for every service, whether or not
 * earlier ones have been answered. Latency counts from the moment that the process says, so a
 * service that falls behind, and a generator that wakes late, pay for it (no coordinated omission).
 * The services take turns at each rate.
 */
public final class Load {
  private static final long SEED = 11;
  private static final double[] SHARES = {0.3, 0.6, 0.9, 1.2};

  private static final String USAGE =
      """
      Measures the latency of a service under open-loop load, with and without the micro-batcher.

        load [OPTION...] [MODEL]

      MODEL is an ONNX file or zoo:NAME with one input and one output; without any zoo:alexnet.
      Services: "in turn" answers one request after the other with all threads; "at once" as many as there are
      threads, each with one; "batcher" gathers them to batches for all threads; "batchers" has one worker per thread.

        --strategy NAME      (cpu)
        --threads N          threads of the service (the processors)
        --rates LIST         requests per second (30, 60, 90 and 120 % of what "in turn" can do)
        --seconds S          per rate and service (6)
        --max-batch N        (8)
        --delay-micros N     most that a request waits for others (1000)
        --queue N            most requests that wait; others are rejected (256)
      """;

  /** A service, not yet opened. */
  private record Entry(String name, Supplier<LoadService> open) {}

  /** What one service did at one rate. */
  record Row(String service, double rate, int requests, int rejected, Samples latency) {}

  private String model = "zoo:alexnet";
  private String strategy = "cpu";
  private int threads = Runtime.getRuntime().availableProcessors();
  private List<Integer> rates = List.of();
  private int seconds = 6;
  private BatchPolicy policy = BatchPolicy.defaults().maxDelay(Duration.ofMillis(1));

  Load(Arguments rest) {
    List<String> models = new ArrayList<>();
    int delay = 1000;
    int queue = policy.queueCapacity();
    while (rest.hasNext()) {
      String word = rest.next();
      switch (word) {
        case "--strategy" -> strategy = rest.next();
        case "--threads" -> threads = rest.atLeast(1);
        case "--rates" -> rates = rest.numbers();
        case "--seconds" -> seconds = rest.atLeast(1);
        case "--max-batch" -> policy = policy.maxBatch(rest.atLeast(1));
        case "--delay-micros" -> delay = rest.atLeast(0);
        case "--queue" -> queue = rest.atLeast(1);
        default -> {
          if (word.startsWith("-")) {
            throw new IllegalArgumentException("there is no option " + word);
          }
          models.add(word);
        }
      }
    }
    policy = policy.maxDelay(Duration.ofNanos(1000L * delay)).queueCapacity(queue);
    if (models.size() > 1) {
      throw new IllegalArgumentException("one model at a time, not " + models);
    }
    if (!models.isEmpty()) {
      model = models.getFirst();
    }
  }

  /** See {@code --help}. Exit codes: 0 done, 1 a service failed, 2 wrong usage. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(USAGE);
      return;
    }
    try {
      new Load(new Arguments(args)).run(System.out);
    } catch (IllegalArgumentException e) {
      System.err.println("load: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
    } catch (StriateException e) {
      System.err.println("load: " + e.getMessage());
      System.exit(1);
    }
  }

  List<Row> run(PrintStream out) {
    Subject subject = Subject.of(model, 1);
    if (subject.inputs().size() != 1) {
      throw new IllegalArgumentException(model + " has inputs " + subject.inputs().keySet());
    }
    float[] image = subject.inputs().values().iterator().next();
    Options options = Options.defaults().strategy(strategy).threads(threads);
    Options single = options.threads(1);
    int queue = policy.queueCapacity();
    List<Entry> entries = new ArrayList<>();
    entries.add(new Entry("in turn", () -> new LoadService.Pool(subject, options, 1, queue)));
    entries.add(new Entry("batcher", () -> new LoadService.Batcher(subject, options, policy)));
    if (threads > 1) {
      entries.add(
          1, new Entry("at once", () -> new LoadService.Pool(subject, single, threads, queue)));
      entries.add(
          new Entry(
              "batchers", () -> new LoadService.Batcher(subject, single, policy.workers(threads))));
    }
    out.printf(
        Locale.ROOT,
        "%s, %s, %d threads, batch up to %d, delay %s%n",
        model,
        strategy,
        threads,
        policy.maxBatch(),
        policy.maxDelay());
    List<Row> rows = new ArrayList<>();
    for (double rate : rates(entries.getFirst(), image)) {
      out.printf(
          Locale.ROOT,
          "%n%.0f requests/s%n%-9s %9s %8s %10s %9s %9s %9s %9s%n",
          rate,
          "service",
          "answered",
          "rejected",
          "mean batch",
          "p50 ms",
          "p90 ms",
          "p99 ms",
          "p99.9 ms");
      float[] expected = {};
      for (Entry entry : entries) {
        try (LoadService service = entry.open().get()) {
          float[] answer = service.submit(image).join();
          if (expected.length > 0 && !Arrays.equals(expected, answer)) {
            throw new StriateException("the services answer differently");
          }
          expected = answer;
          Row row = drive(entry.name(), service, rate, image);
          rows.add(row);
          print(out, row, service.meanBatch());
        }
      }
    }
    return rows;
  }

  private static void print(PrintStream out, Row row, double meanBatch) {
    Samples s = row.latency();
    out.printf(
        Locale.ROOT, "%-9s %9d %8d %10.2f", row.service(), s.count(), row.rejected(), meanBatch);
    for (double q : new double[] {0.5, 0.9, 0.99, 0.999}) {
      out.printf(Locale.ROOT, " %9.3f", s.quantile(q) / 1e6);
    }
    out.println();
  }

  /** The given rates, or shares of what one request after the other can do. */
  private double[] rates(Entry first, float[] image) {
    if (!rates.isEmpty()) {
      return rates.stream().mapToDouble(Integer::doubleValue).toArray();
    }
    Samples times = new Samples();
    try (LoadService service = first.open().get()) {
      long end = System.nanoTime() + 1_000_000_000L;
      while (System.nanoTime() < end) {
        long before = System.nanoTime();
        service.submit(image).join();
        times.add(System.nanoTime() - before);
      }
    }
    double most = 1e9 / times.median();
    return Arrays.stream(SHARES).map(share -> share * most).toArray();
  }

  private Row drive(String name, LoadService service, double rate, float[] image) {
    SplittableRandom random = new SplittableRandom(SEED);
    int requests = (int) Math.max(1, rate * seconds);
    AtomicLongArray nanos = new AtomicLongArray(requests);
    Semaphore done = new Semaphore(0);
    int rejected = 0;
    long at = System.nanoTime();
    for (int i = 0; i < requests; i++) {
      at += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / rate);
      sleepUntil(at);
      int request = i;
      long due = at;
      try {
        var _ =
            service
                .submit(image)
                .whenComplete(
                    (answer, failure) -> {
                      nanos.set(request, failure == null ? System.nanoTime() - due : -1);
                      done.release();
                    });
      } catch (RejectedExecutionException e) {
        rejected++;
      }
    }
    done.acquireUninterruptibly(requests - rejected);
    Samples latency = new Samples();
    for (int i = 0; i < requests; i++) {
      if (nanos.get(i) < 0) {
        throw new StriateException("request " + i + " of service " + name + " failed");
      } else if (nanos.get(i) > 0) {
        latency.add(nanos.get(i));
      }
    }
    return new Row(name, rate, requests, rejected, latency);
  }

  private static void sleepUntil(long at) {
    for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
