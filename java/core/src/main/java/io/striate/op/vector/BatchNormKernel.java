package io.striate.op.vector;

import io.striate.op.BatchNorm;
import io.striate.op.KernelRequest;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Batch normalisation as {@code activation((x - mean)·factor + shift)}, factor = scale / √(variance
 * + epsilon) rounded once from double. Factors of constant operands are computed when the kernel is
 * made, others at the start of every run.
 */
final class BatchNormKernel extends TileKernel implements Lines.Body {
  private static final int X = 0;
  private static final int SCALE = 1;
  private static final int SHIFT = 2;
  private static final int MEAN = 3;
  private static final int VARIANCE = 4;

  private final Lines lines;
  private final StagedMap map;
  private final float epsilon;
  private final int channels;
  private final MemorySegment factors; // empty: computed at run, behind the staging scratch

  BatchNormKernel(String id, KernelRequest request, Width width, BatchNorm op) {
    super(id, request, width);
    long[] dims = request.output().shape().dims();
    channels = Math.toIntExact(dims[1]);
    epsilon = op.epsilon();
    lines =
        new Lines(
            List.of(
                Strided.of(request.output()),
                Strided.of(request.input(X)),
                Strided.of(TensorDesc.f32(Shape.of(channels))).alongChannels(dims),
                Strided.of(request.input(MEAN)).alongChannels(dims),
                Strided.of(request.input(SHIFT)).alongChannels(dims)),
            request.threads(),
            1);
    map =
        new StagedMap(
            width,
            LineFunction.NORMALIZE,
            op.activation(),
            lines.laneStride(0),
            lines.laneStride(1),
            lines.laneStride(2),
            lines.laneStride(3),
            lines.laneStride(4));
    boolean constant =
        request.inputs().get(SCALE).constant().isPresent()
            && request.inputs().get(VARIANCE).constant().isPresent();
    factors = constant ? allocate(channels * ELEMENT) : MemorySegment.NULL;
    if (constant) {
      makeFactors(constant(SCALE), constant(VARIANCE), factors, 0);
    }
  }

  private void makeFactors(
      MemorySegment scale, MemorySegment variance, MemorySegment to, long toAt) {
    TensorDesc s = request.input(SCALE);
    TensorDesc v = request.input(VARIANCE);
    for (long c = 0; c < channels; c++) {
      double numerator =
          Elements.get(scale, (s.layout().offset() + c * s.layout().stride(0)) * ELEMENT);
      double spread =
          Elements.get(variance, (v.layout().offset() + c * v.layout().stride(0)) * ELEMENT);
      Elements.set(
          to, toAt + c * ELEMENT, (float) (numerator / Math.sqrt(spread + (double) epsilon)));
    }
  }

  @Override
  public int tiles() {
    return lines.tiles();
  }

  @Override
  public long scratchBytes() {
    return map.scratchBytes() + (factors.byteSize() == 0 ? channels * ELEMENT : 0);
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
    if (factors.byteSize() == 0) {
      makeFactors(in[SCALE], in[VARIANCE], scratch, map.scratchBytes());
    }
    lines.run(this, in, out, scratch, first, last);
  }

  @Override
  public void line(
      MemorySegment[] in,
      MemorySegment out,
      MemorySegment scratch,
      long at0,
      long at1,
      long at2,
      long at3,
      long at4,
      int count) {
    boolean packed = factors.byteSize() != 0;
    map.run(
        in[X],
        at1,
        packed ? factors : scratch,
        packed ? at2 : at2 + map.scratchBytes(),
        in[MEAN],
        at3,
        in[SHIFT],
        at4,
        out,
        at0,
        count,
        scratch,
        0);
  }
}
