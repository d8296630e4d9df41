package io.striate.nn;

import io.striate.op.Binary;
import io.striate.op.Concat;
import io.striate.op.Dropout;
import io.striate.op.Flatten;
import io.striate.op.Pad;
import io.striate.op.Reshape;
import io.striate.op.Resize;
import io.striate.op.Slice;
import io.striate.op.Transpose;
import io.striate.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Layers that join, cut, move or resize. Part of {@link Flow}. */
sealed interface ShapeLayers permits Flow {

  /** N, C, … to N, C·…. */
  default Flow flatten() {
    return ((Flow) this).apply("flatten", new Flatten(1));
  }

  /** {@link Reshape}; 0 keeps a dimension, one -1 takes what is left. The batch comes first. */
  default Flow reshape(Long... dims) {
    return ((Flow) this).apply("reshape", new Reshape(List.of(dims)));
  }

  /** {@link Transpose}. */
  default Flow transpose(Integer... permutation) {
    return ((Flow) this).apply("transpose", new Transpose(List.of(permutation)));
  }

  /** The identity in inference; in training a share of the values becomes zero. */
  default Flow dropout(float ratio) {
    Layer layer = ((Flow) this).begin("dropout");
    return layer.result(layer.check(() -> new Dropout(ratio)), layer.input());
  }

  /** The sum of two values, with broadcasting. */
  default Flow add(Flow other) {
    return binary("add", Binary.Kind.ADD, other);
  }

  /** The product of two values element by element, with broadcasting. */
  default Flow multiply(Flow other) {
    return binary("multiply", Binary.Kind.MUL, other);
  }

  /** This value less another, element by element, with broadcasting. */
  default Flow subtract(Flow other) {
    return binary("subtract", Binary.Kind.SUB, other);
  }

  /** This value by another, element by element, with broadcasting. */
  default Flow divide(Flow other) {
    return binary("divide", Binary.Kind.DIV, other);
  }

  private Flow binary(String type, Binary.Kind kind, Flow other) {
    Layer layer = ((Flow) this).begin(type);
    return layer.result(Binary.of(kind), ((Flow) this).with(other));
  }

  /** This value and others side by side along the channels. */
  default Flow concat(Flow... others) {
    Layer layer = ((Flow) this).begin("concat");
    return layer.result(new Concat(1), ((Flow) this).with(others));
  }

  /** Channels {@code first} (inclusive) to {@code end} (exclusive). */
  default Flow channels(long first, long end) {
    return ((Flow) this)
        .apply("slice", new Slice(List.of(1), List.of(first), List.of(end), List.of(1L)));
  }

  /** Every {@code step}th row and column. */
  default Flow subsample(long step) {
    return ((Flow) this)
        .apply(
            "subsample",
            new Slice(
                List.of(2, 3),
                List.of(0L, 0L),
                List.of(Long.MAX_VALUE, Long.MAX_VALUE),
                List.of(step, step)));
  }

  /**
   * The part of {@code height}×{@code width} that begins at row {@code top}, column {@code left}.
   */
  default Flow crop(long top, long left, long height, long width) {
    Layer layer = ((Flow) this).begin("crop");
    layer.requireSpatial(2);
    Shape x = layer.input().shape();
    layer.require(
        top >= 0 && left >= 0 && top + height <= x.dim(2) && left + width <= x.dim(3),
        "an input of at least " + (top + height) + "x" + (left + width));
    return layer.result(
        new Slice(
            List.of(2, 3),
            List.of(top, left),
            List.of(top + height, left + width),
            List.of(1L, 1L)),
        layer.input());
  }

  /** Zeros around the image. */
  default Flow zeroPad2d(long amount) {
    return zeroPad2d(amount, amount, amount, amount);
  }

  /** Zeros around the image. */
  default Flow zeroPad2d(long top, long left, long bottom, long right) {
    return pad("zero_pad2d", List.of(0L, 0L, top, left), List.of(0L, 0L, bottom, right));
  }

  /** Channels of zeros before and behind. */
  default Flow zeroPadChannels(long before, long behind) {
    int rest = ((Flow) this).shape().rank() - 2;
    List<Long> begin = new ArrayList<>(List.of(0L, before));
    List<Long> end = new ArrayList<>(List.of(0L, behind));
    begin.addAll(Collections.nCopies(rest, 0L));
    end.addAll(Collections.nCopies(rest, 0L));
    return pad("zero_pad_channels", begin, end);
  }

  private Flow pad(String type, List<Long> begin, List<Long> end) {
    return ((Flow) this).apply(type, new Pad(Pad.Mode.CONSTANT, begin, end, 0));
  }

  /** The image {@code factor} times as large, nearest or linear with half-pixel centres. */
  default Flow upsample2d(int factor, Resize.Mode mode) {
    Layer layer = ((Flow) this).begin("upsample2d");
    layer.requireSpatial(2);
    List<Float> scales = Collections.nCopies(2, (float) factor);
    Resize.Coordinates centres = Resize.Coordinates.HALF_PIXEL;
    Resize op =
        layer.check(
            () -> new Resize(mode, centres, Resize.Nearest.ROUND_PREFER_FLOOR, List.of(), scales));
    return layer.result(op, layer.input());
  }
}
