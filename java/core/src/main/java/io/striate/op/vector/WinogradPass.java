package io.striate.op.vector;

import java.lang.foreign.MemorySegment;

/**
 * A one-dimensional transform along a {@link WinogradAxis} of many lines of vectors, made by {@link
 * WinogradPasses}. Line (o, v, i) of {@code outer} x {@code vectors} x {@code inner} begins at
 * {@code at + o·outerStep + v·(bytes of a vector) + i·innerStep} of source and destination; its
 * points are {@code pointStep} apart. All counts are at least 1, all offsets in bytes.
 */
@FunctionalInterface
interface WinogradPass {

  /**
   * Transforms all lines. Passes that do not finish ignore bias, residual and activation; passes
   * that finish store {@code activation((y + bias) + residual)}.
   *
   * @param bias vector v at {@code biasAt + v·(bytes of a vector)}
   * @param residual walked like the destination, with steps of its own; read if the pass adds it
   * @param alpha first parameter of the activation
   * @param beta second parameter of the activation
   */
  void run(
      MemorySegment src,
      long srcAt,
      long srcPoint,
      long srcOuter,
      long srcInner,
      MemorySegment dst,
      long dstAt,
      long dstPoint,
      long dstOuter,
      long dstInner,
      MemorySegment bias,
      long biasAt,
      MemorySegment residual,
      long residualAt,
      long residualPoint,
      long residualOuter,
      long residualInner,
      int outer,
      int vectors,
      int inner,
      float alpha,
      float beta);

  /** Transforms all lines from one place of {@code scratch} to another, without finishing. */
  default void within(
      MemorySegment scratch,
      long srcAt,
      long srcPoint,
      long srcOuter,
      long srcInner,
      long dstAt,
      long dstPoint,
      long dstOuter,
      long dstInner,
      int outer,
      int vectors,
      int inner) {
    run(
        scratch, srcAt, srcPoint, srcOuter, srcInner, scratch, dstAt, dstPoint, dstOuter, dstInner,
        scratch, 0, scratch, 0, 0, 0, 0, outer, vectors, inner, 0, 0);
  }
}
