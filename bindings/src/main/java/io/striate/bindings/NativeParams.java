package io.striate.bindings;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The parameter structs of {@code striate.h}, one record each, members under their C names in Java
 * spelling. Formulas and units stand in the header. Values are not checked here: the library does,
 * and says what is wrong.
 */
public sealed interface NativeParams {

  /** The C struct. */
  StructLayout layout();

  /** Fills a zeroed struct. */
  void write(MemorySegment target);

  /** {@code striate_epilogue}: dst = activation(result + bias + residual). */
  record Epilogue(boolean hasBias, boolean hasResidual, int activation, float alpha, float beta) {
    /** No bias, no residual, no activation. */
    public static final Epilogue NONE = new Epilogue(false, false, Abi.ACT_NONE, 0, 0);

    void write(MemorySegment target, long offset) {
      StructLayout s = Structs.EPILOGUE;
      target.set(JAVA_INT, offset + Structs.offset(s, "has_bias"), hasBias ? 1 : 0);
      target.set(JAVA_INT, offset + Structs.offset(s, "has_residual"), hasResidual ? 1 : 0);
      target.set(JAVA_INT, offset + Structs.offset(s, "activation"), activation);
      target.set(JAVA_FLOAT, offset + Structs.offset(s, "alpha"), alpha);
      target.set(JAVA_FLOAT, offset + Structs.offset(s, "beta"), beta);
    }
  }

  /**
   * The window of a convolution or a pooling: as many entries as there are spatial dimensions (1 to
   * 3), the first for the first spatial dimension.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Window(long[] kernel, long[] stride, long[] dilation, long[] padBegin, long[] padEnd) {
    public Window {
      int rank = kernel.length;
      if (rank < 1 || rank > 3) {
        throw new IllegalArgumentException("a window has 1 to 3 dimensions, not " + rank);
      }
      for (long[] other : new long[][] {stride, dilation, padBegin, padEnd}) {
        if (other.length != rank) {
          throw new IllegalArgumentException(
              "kernel has " + rank + " dimensions, another array of the window " + other.length);
        }
      }
      kernel = kernel.clone();
      stride = stride.clone();
      dilation = dilation.clone();
      padBegin = padBegin.clone();
      padEnd = padEnd.clone();
    }

    int rank() {
      return kernel.length;
    }

    void write(MemorySegment target, StructLayout struct) {
      put(target, Structs.offset(struct, "kernel"), kernel);
      put(target, Structs.offset(struct, "stride"), stride);
      put(target, Structs.offset(struct, "dilation"), dilation);
      put(target, Structs.offset(struct, "pad_begin"), padBegin);
      put(target, Structs.offset(struct, "pad_end"), padEnd);
    }
  }

  /** {@code striate_conv_params}, of CONV and CONV_TRANSPOSE. */
  record Conv(long groups, Window window, Epilogue epilogue) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.CONV_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "spatial_rank"), window.rank());
      target.set(JAVA_LONG, Structs.offset(s, "groups"), groups);
      window.write(target, s);
      epilogue.write(target, Structs.offset(s, "epilogue"));
    }
  }

  /** {@code striate_gemm_params}. */
  record Gemm(boolean transA, boolean transB, Epilogue epilogue) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.GEMM_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "trans_a"), transA ? 1 : 0);
      target.set(JAVA_INT, Structs.offset(s, "trans_b"), transB ? 1 : 0);
      epilogue.write(target, Structs.offset(s, "epilogue"));
    }
  }

  /** {@code striate_pool_params}; {@code p} counts for LP only. */
  record Pool(int kind, float p, Window window) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.POOL_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "kind"), kind);
      target.set(JAVA_INT, Structs.offset(s, "spatial_rank"), window.rank());
      target.set(JAVA_FLOAT, Structs.offset(s, "p"), p);
      window.write(target, s);
    }
  }

  /** {@code striate_conv_pool_params}. */
  record ConvPool(Conv conv, Pool pool) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.CONV_POOL_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      conv.write(target.asSlice(Structs.offset(s, "conv"), conv.layout()));
      pool.write(target.asSlice(Structs.offset(s, "pool"), pool.layout()));
    }
  }

  /** {@code striate_batch_norm_params}. */
  record BatchNorm(float epsilon, int activation, float alpha, float beta) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.BATCH_NORM_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_FLOAT, Structs.offset(s, "epsilon"), epsilon);
      target.set(JAVA_INT, Structs.offset(s, "activation"), activation);
      target.set(JAVA_FLOAT, Structs.offset(s, "alpha"), alpha);
      target.set(JAVA_FLOAT, Structs.offset(s, "beta"), beta);
    }
  }

  /** {@code striate_lrn_params}. */
  record Lrn(long size, float alpha, float beta, float k, boolean within) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.LRN_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_LONG, Structs.offset(s, "size"), size);
      target.set(JAVA_FLOAT, Structs.offset(s, "alpha"), alpha);
      target.set(JAVA_FLOAT, Structs.offset(s, "beta"), beta);
      target.set(JAVA_FLOAT, Structs.offset(s, "k"), k);
      target.set(JAVA_INT, Structs.offset(s, "within"), within ? 1 : 0);
    }
  }

  /** {@code striate_unary_params}. */
  record Unary(int activation, float alpha, float beta) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.UNARY_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "activation"), activation);
      target.set(JAVA_FLOAT, Structs.offset(s, "alpha"), alpha);
      target.set(JAVA_FLOAT, Structs.offset(s, "beta"), beta);
    }
  }

  /** {@code striate_softmax_params}. */
  record Softmax(int axis, boolean log) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.SOFTMAX_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "axis"), axis);
      target.set(JAVA_INT, Structs.offset(s, "log"), log ? 1 : 0);
    }
  }

  /** {@code striate_binary_params}. */
  record Binary(int kind, int activation, float alpha, float beta) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.BINARY_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "kind"), kind);
      target.set(JAVA_INT, Structs.offset(s, "activation"), activation);
      target.set(JAVA_FLOAT, Structs.offset(s, "alpha"), alpha);
      target.set(JAVA_FLOAT, Structs.offset(s, "beta"), beta);
    }
  }

  /** {@code striate_reduce_params}; bit i of {@code axesMask} reduces axis i. */
  record Reduce(int kind, int axesMask) implements NativeParams {
    @Override
    public StructLayout layout() {
      return Structs.REDUCE_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "kind"), kind);
      target.set(JAVA_INT, Structs.offset(s, "axes_mask"), axesMask);
    }
  }

  /** {@code striate_pad_params}; one {@code begin} per dimension, negative where it crops. */
  @SuppressWarnings("ArrayRecordComponent")
  record Pad(int mode, float value, long[] begin) implements NativeParams {
    public Pad {
      requireRank(begin.length, "begin");
      begin = begin.clone();
    }

    @Override
    public StructLayout layout() {
      return Structs.PAD_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "mode"), mode);
      target.set(JAVA_FLOAT, Structs.offset(s, "value"), value);
      put(target, Structs.offset(s, "begin"), begin);
    }
  }

  /** {@code striate_resize_params}; one scale per dimension, out/in as the model states it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Resize(int mode, int coordinates, int nearest, float[] scales) implements NativeParams {
    public Resize {
      requireRank(scales.length, "scales");
      scales = scales.clone();
    }

    @Override
    public StructLayout layout() {
      return Structs.RESIZE_PARAMS;
    }

    @Override
    public void write(MemorySegment target) {
      StructLayout s = layout();
      target.set(JAVA_INT, Structs.offset(s, "mode"), mode);
      target.set(JAVA_INT, Structs.offset(s, "coordinates"), coordinates);
      target.set(JAVA_INT, Structs.offset(s, "nearest"), nearest);
      MemorySegment.copy(scales, 0, target, JAVA_FLOAT, Structs.offset(s, "scales"), scales.length);
    }
  }

  private static void put(MemorySegment target, long offset, long[] values) {
    MemorySegment.copy(values, 0, target, JAVA_LONG, offset, values.length);
  }

  private static void requireRank(int rank, String what) {
    if (rank < 1 || rank > Abi.MAX_RANK) {
      throw new IllegalArgumentException(
          what + " has " + rank + " entries; a rank is 1 to " + Abi.MAX_RANK);
    }
  }
}
