package io.striate.nn;

import io.striate.graph.Value;
import io.striate.op.Pool;
import io.striate.op.Slice;
import io.striate.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An axis of {@code size} positions cut into {@code count} parts: part i goes from {@code
 * floor(i·size/count)} to {@code ceil((i+1)·size/count)}.
 */
record AdaptiveParts(long size, int count) {
  private long start(int i) {
    return i * size / count;
  }

  int length(int i) {
    return Math.toIntExact(Math.ceilDiv((i + 1) * size, (long) count) - start(i));
  }

  /** Distance of the first two parts. */
  int stride() {
    return count == 1 ? 1 : Math.toIntExact(start(1));
  }

  /** Whether one sliding window makes all parts. */
  boolean isRegular() {
    return stride() > 0
        && IntStream.range(0, count)
            .allMatch(i -> start(i) == (long) i * stride() && length(i) == length(0));
  }

  /** The mean of each part along {@code axis}, 2 or 3, of an image. */
  List<Value> means(Layer layer, Value image, int axis) {
    String name = axis == 2 ? "row" : "column";
    List<Value> means = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Slice slice =
          new Slice(List.of(axis), List.of(start(i)), List.of(start(i) + length(i)), List.of(1L));
      Window window = axis == 2 ? Window.of(length(i), 1) : Window.of(1, length(i));
      Value part = layer.part(name + "_part_" + i, slice, image);
      means.add(layer.part(name + "_" + i, Pool.average(window), part));
    }
    return means;
  }
}
