package io.striate.op.vector;

import io.striate.op.Activation;
import io.striate.op.KernelRequest;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Unary, binary and PReLU: {@code dst = activation(f(a, b))}, operands broadcast as in NumPy. */
final class ElementwiseKernel extends TileKernel implements Lines.Body {
  private final Lines lines;
  private final StagedMap map;

  ElementwiseKernel(
      String id, KernelRequest request, Width width, LineFunction function, Activation activation) {
    super(id, request, width);
    long[] dims = request.output().shape().dims();
    List<Strided> operands = new ArrayList<>(List.of(Strided.of(request.output())));
    for (int i = 0; i < function.sources; i++) {
      TensorDesc desc = request.input(i);
      operands.add(Strided.of(desc).broadcastTo(dims));
    }
    lines = new Lines(operands, request.threads(), activation.isNone() ? 1 : 2);
    map =
        new StagedMap(
            width,
            function,
            activation,
            lines.laneStride(0),
            lines.laneStride(1),
            lines.laneStride(2));
  }

  @Override
  public int tiles() {
    return lines.tiles();
  }

  @Override
  public long scratchBytes() {
    return map.scratchBytes();
  }

  @Override
  void run(MemorySegment[] in, MemorySegment out, int first, int last, MemorySegment scratch) {
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
    MemorySegment b = in[in.length - 1];
    map.run(in[0], at1, b, at2, b, 0, b, 0, out, at0, count, scratch, 0);
  }
}
