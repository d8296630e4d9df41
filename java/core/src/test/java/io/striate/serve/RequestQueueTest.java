package io.striate.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The rules of batching, at times that the test sets. */
class RequestQueueTest {
  private static final long NEVER = Long.MAX_VALUE;
  private final RequestQueue queue = new RequestQueue(3, 5);

  private static Request request(long arrival, long delay, long deadline) {
    return new Request(
        List.of(), arrival, arrival + delay, deadline, new CompletableFuture<Void>(), r -> {});
  }

  @Test
  void theOldestRequestSaysWhenABatchIsDue() {
    assertEquals(NEVER, queue.untilDue(0));
    assertTrue(queue.offer(request(100, 50, NEVER)));
    assertEquals(50, queue.untilDue(100));
    assertTrue(queue.offer(request(140, 50, NEVER)));
    assertEquals(10, queue.untilDue(140), "later arrivals do not put it off");
    assertEquals(0, queue.untilDue(150));
    assertEquals(0, queue.untilDue(1_000));
    assertEquals(2, queue.takeBatch().size());
    assertEquals(NEVER, queue.untilDue(1_000));
  }

  @Test
  void aFullBatchIsDueAtOnceAndTheRestWaitsForItsOwnTime() {
    for (int i = 0; i < 4; i++) {
      assertTrue(queue.offer(request(i, 100, NEVER)));
    }
    assertEquals(0, queue.untilDue(4));
    List<Request> batch = queue.takeBatch();
    assertEquals(List.of(0L, 1L, 2L), batch.stream().map(Request::arrival).toList());
    assertEquals(99, queue.untilDue(4));
  }

  @Test
  void aShortDeadlineMakesABatchDueSooner() {
    assertTrue(queue.offer(request(0, 100, NEVER)));
    assertTrue(queue.offer(request(10, 5, 20)));
    assertEquals(5, queue.untilDue(10));
  }

  @Test
  void moreThanTheCapacityIsRefused() {
    for (int i = 0; i < 5; i++) {
      assertTrue(queue.offer(request(i, 100, NEVER)));
    }
    assertFalse(queue.offer(request(5, 100, NEVER)));
    assertEquals(5, queue.size());
    queue.takeBatch();
    assertTrue(queue.offer(request(6, 100, NEVER)));
  }

  @Test
  void expiredRequestsAreNeverInABatch() {
    assertTrue(queue.offer(request(0, 10, 20)));
    assertTrue(queue.offer(request(1, 10, NEVER)));
    assertTrue(queue.offer(request(2, 10, 15)));
    assertEquals(15, queue.untilExpiry(0));
    assertEquals(List.of(), queue.takeExpired(14));
    assertEquals(List.of(2L), queue.takeExpired(15).stream().map(Request::arrival).toList());
    assertEquals(5, queue.untilExpiry(15));
    assertEquals(List.of(0L), queue.takeExpired(99).stream().map(Request::arrival).toList());
    assertEquals(NEVER, queue.untilExpiry(99));
    assertEquals(List.of(1L), queue.takeBatch().stream().map(Request::arrival).toList());
  }

  @Test
  void cancelledRequestsTakeNoPlace() {
    Request cancelled = request(0, 10, NEVER);
    assertTrue(queue.offer(cancelled));
    for (int i = 1; i < 5; i++) {
      assertTrue(queue.offer(request(i, 10, NEVER)));
    }
    assertTrue(cancelled.answer().cancel(false));
    assertTrue(queue.offer(request(5, 10, NEVER)), "its place in the queue is free");
    assertEquals(1, queue.cancelled());
    Request second = request(6, 10, NEVER);
    queue.takeBatch();
    assertTrue(queue.offer(second));
    second.answer().cancel(false);
    assertEquals(List.of(4L, 5L), queue.takeBatch().stream().map(Request::arrival).toList());
    assertEquals(2, queue.cancelled());
  }
}
