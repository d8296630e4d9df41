package io.striate.op.scalar;

import static io.striate.op.scalar.View.FLOAT;

import io.striate.op.Activation;
import io.striate.op.Epilogue;
import java.lang.foreign.MemorySegment;

/** The epilogue: bias, residual, activation and the one rounding to f32. */
final class Finish {
  private final Dot dot;
  private final Activation activation;
  private final int bias;
  private final long biasAt;
  private final long biasStep;
  private final int residual;

  /** Layout of the residual, or of the output where there is none. */
  final View residualView;

  Finish(Sources sources, Epilogue epilogue, int own, Dot dot) {
    this.dot = dot;
    this.activation = epilogue.activation();
    this.bias = epilogue.hasBias() ? own : -1;
    View biasView = epilogue.hasBias() ? sources.view(own) : sources.output();
    this.biasAt = biasView.offset;
    this.biasStep = biasView.strides[0];
    this.residual = epilogue.hasResidual() ? own + (epilogue.hasBias() ? 1 : 0) : -1;
    this.residualView = residual < 0 ? sources.output() : sources.view(residual);
  }

  /** The result of one lane; {@code residualAt} is the byte offset of its residual. */
  float value(MemorySegment[] in, MemorySegment sums, int lane, long channel, long residualAt) {
    float b = bias < 0 ? 0 : in[bias].get(FLOAT, biasAt + channel * biasStep);
    float r = residual < 0 ? 0 : in[residual].get(FLOAT, residualAt);
    return (float) Activations.apply(activation, dot.finish(sums, lane, b, r));
  }
}
