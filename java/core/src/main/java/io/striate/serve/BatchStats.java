package io.striate.serve;

/**
 * What a {@link MicroBatcher} has done so far; all numbers belong to one moment.
 *
 * @param queued requests that wait now
 * @param accepted requests that were let into the queue
 * @param rejected requests that found the queue full
 * @param expired requests whose deadline passed before they were begun
 * @param cancelled requests whose answer was cancelled before they were begun
 * @param batches batches begun
 * @param requests requests in those batches
 * @param padding images that were computed only to fill a compiled size
 * @param failed requests whose run threw an exception
 */
public record BatchStats(
    int queued,
    long accepted,
    long rejected,
    long expired,
    long cancelled,
    long batches,
    long requests,
    long padding,
    long failed) {

  /** Requests per batch, 0 before the first. */
  public double meanBatch() {
    return batches == 0 ? 0 : (double) requests / batches;
  }
}
