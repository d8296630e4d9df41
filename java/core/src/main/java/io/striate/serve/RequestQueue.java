package io.striate.serve;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The requests that wait, in order of arrival, and the rules of when a batch is due. Knows neither
 * threads nor a clock; whoever calls it holds a lock and says what time it is. Times are
 * nanoseconds on a clock that does not wrap.
 */
final class RequestQueue {
  private final int maxBatch;
  private final int capacity;
  private final Deque<Request> waiting = new ArrayDeque<>();
  private long due = Long.MAX_VALUE;
  private long deadline = Long.MAX_VALUE;
  private long cancelled;

  RequestQueue(int maxBatch, int capacity) {
    this.maxBatch = maxBatch;
    this.capacity = capacity;
  }

  /** Lets a request wait; false if there is no room, even without those that were cancelled. */
  boolean offer(Request request) {
    if (waiting.size() >= capacity) {
      dropCancelled();
    }
    if (waiting.size() >= capacity) {
      return false;
    }
    waiting.add(request);
    include(request);
    return true;
  }

  private void include(Request request) {
    due = Math.min(due, request.due());
    deadline = Math.min(deadline, request.deadline());
  }

  private void dropCancelled() {
    int before = waiting.size();
    waiting.removeIf(r -> r.answer().isDone());
    cancelled += before - waiting.size();
    renew();
  }

  private void renew() {
    due = Long.MAX_VALUE;
    deadline = Long.MAX_VALUE;
    waiting.forEach(this::include);
  }

  /** Nanoseconds until a batch is to be taken: 0 for now, {@link Long#MAX_VALUE} if none waits. */
  long untilDue(long now) {
    if (waiting.isEmpty()) {
      return Long.MAX_VALUE;
    }
    return waiting.size() >= maxBatch ? 0 : Math.max(0, due - now);
  }

  /** Nanoseconds until the first request expires; {@link Long#MAX_VALUE} if none does. */
  long untilExpiry(long now) {
    return deadline == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, deadline - now);
  }

  /** Removes and returns what is to be begun no more. */
  List<Request> takeExpired(long now) {
    if (now < deadline) {
      return List.of();
    }
    List<Request> expired = new ArrayList<>();
    for (Iterator<Request> i = waiting.iterator(); i.hasNext(); ) {
      Request r = i.next();
      if (now >= r.deadline()) {
        i.remove();
        expired.add(r);
      }
    }
    renew();
    return expired;
  }

  /** Removes and returns the oldest requests, as many as a batch holds; leaves out cancelled. */
  List<Request> takeBatch() {
    List<Request> batch = new ArrayList<>(Math.min(maxBatch, waiting.size()));
    while (batch.size() < maxBatch && !waiting.isEmpty()) {
      Request r = waiting.remove();
      if (r.answer().isDone()) {
        cancelled++;
      } else {
        batch.add(r);
      }
    }
    renew();
    return batch;
  }

  int size() {
    return waiting.size();
  }

  /** How many were left out so far because their answer was cancelled. */
  long cancelled() {
    return cancelled;
  }
}
