package io.striate.exec;

import io.striate.graph.Constant;
import io.striate.graph.Value;

/**
 * A piece of memory that a plan needs: an input, an output or a constant with memory of its own, or
 * a stretch of the execution's arena that is shared over time with buffers of other steps.
 */
final class Buffer {
  /** Where the memory comes from. */
  enum Kind {
    ARENA,
    INPUT,
    OUTPUT,
    CONSTANT
  }

  final int id;
  final Kind kind;
  final Value value;
  long bytes;

  /** Whether it holds the images of one round of its stage, not of the whole batch. */
  boolean perRound;

  /** The constant, if it is one. */
  final java.util.Optional<Constant> constant;

  /** First and last step that touch it; an arena buffer's memory is free before and after. */
  int firstStep = Integer.MAX_VALUE;

  int lastStep = -1;

  /** Bytes from the start of the execution's memory. */
  long offset;

  Buffer(int id, Kind kind, Value value, long bytes, java.util.Optional<Constant> constant) {
    this.id = id;
    this.kind = kind;
    this.value = value;
    this.bytes = bytes;
    this.constant = constant;
  }

  void touch(int step) {
    firstStep = Math.min(firstStep, step);
    lastStep = Math.max(lastStep, step);
  }

  /** Makes it hold {@code images} of the images of the batch. */
  void hold(long images, long batch) {
    bytes = bytes / batch * images;
    perRound = true;
  }

  boolean livesWith(Buffer other) {
    return firstStep <= other.lastStep && other.firstStep <= lastStep;
  }
}
