package io.striate.serve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How a {@link MicroBatcher} gathers requests.
 *
 * @param maxBatch most requests per batch
 * @param maxDelay how long the oldest request of a batch may wait for others, counted from its
 *     arrival; 0 takes what is there as soon as a worker is free
 * @param queueCapacity most requests that wait; further ones are rejected
 * @param workers batches that may be computed at once
 * @param sizes batches that the model is compiled for, ascending. Each holds packed weights of its
 *     own. A batch of another size is cut into runs of these sizes, see {@link BatchPlan}
 */
public record BatchPolicy(
    int maxBatch, Duration maxDelay, int queueCapacity, int workers, List<Integer> sizes) {
  private static final Duration LONGEST = Duration.ofDays(1);

  /** Checks the numbers. */
  public BatchPolicy {
    sizes = List.copyOf(sizes);
    requireRange("maxBatch", maxBatch, 1, 1 << 16);
    requireRange("queueCapacity", queueCapacity, 1, 1 << 24);
    requireRange("workers", workers, 1, 1024);
    if (maxDelay.isNegative() || maxDelay.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("maxDelay is " + maxDelay + "; it must lie in 0 … 1 day");
    }
    if (sizes.isEmpty()) {
      throw new IllegalArgumentException("sizes is empty; name at least one batch size");
    }
    int before = 0;
    for (int size : sizes) {
      if (size <= before || size > maxBatch) {
        throw new IllegalArgumentException(
            "sizes is " + sizes + "; it must ascend within 1 … maxBatch, which is " + maxBatch);
      }
      before = size;
    }
  }

  private static void requireRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; it must lie in " + least + " … " + most);
    }
  }

  /** At most 8 requests per batch, 2 ms of delay, 256 waiting, one worker, sizes 1, 2, 4 and 8. */
  public static BatchPolicy defaults() {
    return new BatchPolicy(8, Duration.ofMillis(2), 256, 1, powersOfTwo(8));
  }

  /** 1, 2, 4, … and {@code most} itself. */
  private static List<Integer> powersOfTwo(int most) {
    List<Integer> sizes = new ArrayList<>();
    for (int size = 1; size < most; size *= 2) {
      sizes.add(size);
    }
    sizes.add(most);
    return sizes;
  }

  /** This policy with another largest batch, and its powers of two as sizes. */
  public BatchPolicy maxBatch(int requests) {
    requireRange("maxBatch", requests, 1, 1 << 16);
    return new BatchPolicy(requests, maxDelay, queueCapacity, workers, powersOfTwo(requests));
  }

  /** This policy with another delay. */
  public BatchPolicy maxDelay(Duration delay) {
    return new BatchPolicy(maxBatch, delay, queueCapacity, workers, sizes);
  }

  /** This policy with another capacity of the queue. */
  public BatchPolicy queueCapacity(int requests) {
    return new BatchPolicy(maxBatch, maxDelay, requests, workers, sizes);
  }

  /**
   * This policy with another number of workers. Small networks answer more requests when every core
   * computes a batch of its own: {@code workers(n)} with {@code Options.threads(1)}.
   */
  public BatchPolicy workers(int count) {
    return new BatchPolicy(maxBatch, maxDelay, queueCapacity, count, sizes);
  }

  /** This policy with other compiled sizes: {@code sizes(List.of(8))} always pads to 8. */
  public BatchPolicy sizes(List<Integer> compiled) {
    return new BatchPolicy(maxBatch, maxDelay, queueCapacity, workers, compiled);
  }
}
