package io.striate.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.util.List;

/**
 * The structs of {@code striate.h}, member by member under their C names. Padding is spelled out,
 * so that a layout that differs from the C compiler's shows as a difference in this file; a test
 * lets a C compiler check every size and offset.
 */
final class Structs {
  private static final MemoryLayout DIMS = MemoryLayout.sequenceLayout(Abi.MAX_RANK, JAVA_LONG);
  private static final MemoryLayout SPATIAL = MemoryLayout.sequenceLayout(3, JAVA_LONG);

  static final StructLayout ERROR =
      struct(
          "striate_error",
          JAVA_INT.withName("code"),
          MemoryLayout.sequenceLayout(508, JAVA_BYTE).withName("text"));

  static final StructLayout TENSOR_DESC =
      struct(
          "striate_tensor_desc",
          JAVA_INT.withName("dtype"),
          JAVA_INT.withName("rank"),
          DIMS.withName("dims"),
          DIMS.withName("strides"));

  static final StructLayout EPILOGUE =
      struct(
          "striate_epilogue",
          JAVA_INT.withName("has_bias"),
          JAVA_INT.withName("has_residual"),
          JAVA_INT.withName("activation"),
          JAVA_FLOAT.withName("alpha"),
          JAVA_FLOAT.withName("beta"));

  static final StructLayout CONV_PARAMS =
      struct(
          "striate_conv_params",
          JAVA_INT.withName("spatial_rank"),
          JAVA_INT.withName("reserved"),
          JAVA_LONG.withName("groups"),
          SPATIAL.withName("kernel"),
          SPATIAL.withName("stride"),
          SPATIAL.withName("dilation"),
          SPATIAL.withName("pad_begin"),
          SPATIAL.withName("pad_end"),
          EPILOGUE.withName("epilogue"),
          JAVA_INT.withName("reserved2"));

  static final StructLayout GEMM_PARAMS =
      struct(
          "striate_gemm_params",
          JAVA_INT.withName("trans_a"),
          JAVA_INT.withName("trans_b"),
          EPILOGUE.withName("epilogue"));

  static final StructLayout POOL_PARAMS =
      struct(
          "striate_pool_params",
          JAVA_INT.withName("kind"),
          JAVA_INT.withName("spatial_rank"),
          JAVA_FLOAT.withName("p"),
          JAVA_INT.withName("reserved"),
          SPATIAL.withName("kernel"),
          SPATIAL.withName("stride"),
          SPATIAL.withName("dilation"),
          SPATIAL.withName("pad_begin"),
          SPATIAL.withName("pad_end"));

  static final StructLayout CONV_POOL_PARAMS =
      struct(
          "striate_conv_pool_params", CONV_PARAMS.withName("conv"), POOL_PARAMS.withName("pool"));

  static final StructLayout BATCH_NORM_PARAMS =
      struct(
          "striate_batch_norm_params",
          JAVA_FLOAT.withName("epsilon"),
          JAVA_INT.withName("activation"),
          JAVA_FLOAT.withName("alpha"),
          JAVA_FLOAT.withName("beta"));

  static final StructLayout LRN_PARAMS =
      struct(
          "striate_lrn_params",
          JAVA_LONG.withName("size"),
          JAVA_FLOAT.withName("alpha"),
          JAVA_FLOAT.withName("beta"),
          JAVA_FLOAT.withName("k"),
          JAVA_INT.withName("within"));

  static final StructLayout UNARY_PARAMS =
      struct(
          "striate_unary_params",
          JAVA_INT.withName("activation"),
          JAVA_FLOAT.withName("alpha"),
          JAVA_FLOAT.withName("beta"));

  static final StructLayout SOFTMAX_PARAMS =
      struct("striate_softmax_params", JAVA_INT.withName("axis"), JAVA_INT.withName("log"));

  static final StructLayout BINARY_PARAMS =
      struct(
          "striate_binary_params",
          JAVA_INT.withName("kind"),
          JAVA_INT.withName("activation"),
          JAVA_FLOAT.withName("alpha"),
          JAVA_FLOAT.withName("beta"));

  static final StructLayout REDUCE_PARAMS =
      struct("striate_reduce_params", JAVA_INT.withName("kind"), JAVA_INT.withName("axes_mask"));

  static final StructLayout PAD_PARAMS =
      struct(
          "striate_pad_params",
          JAVA_INT.withName("mode"),
          JAVA_FLOAT.withName("value"),
          DIMS.withName("begin"));

  static final StructLayout RESIZE_PARAMS =
      struct(
          "striate_resize_params",
          JAVA_INT.withName("mode"),
          JAVA_INT.withName("coordinates"),
          JAVA_INT.withName("nearest"),
          MemoryLayout.sequenceLayout(Abi.MAX_RANK, JAVA_FLOAT).withName("scales"));

  static final StructLayout KERNEL_REQUEST =
      struct(
          "striate_kernel_request",
          JAVA_INT.withName("op"),
          JAVA_INT.withName("src_count"),
          JAVA_INT.withName("dst_count"),
          JAVA_INT.withName("threads"),
          ADDRESS.withName("params"),
          JAVA_LONG.withName("params_bytes"),
          ADDRESS.withName("src"),
          ADDRESS.withName("constants"),
          ADDRESS.withName("dst"),
          ADDRESS.withName("kernel_id"),
          JAVA_INT.withName("accuracy"),
          JAVA_INT.withName("reserved"));

  /** Every struct of the header, for the tests. */
  static final List<StructLayout> ALL =
      List.of(
          ERROR,
          TENSOR_DESC,
          EPILOGUE,
          CONV_PARAMS,
          GEMM_PARAMS,
          POOL_PARAMS,
          CONV_POOL_PARAMS,
          BATCH_NORM_PARAMS,
          LRN_PARAMS,
          UNARY_PARAMS,
          SOFTMAX_PARAMS,
          BINARY_PARAMS,
          REDUCE_PARAMS,
          PAD_PARAMS,
          RESIZE_PARAMS,
          KERNEL_REQUEST);

  private Structs() {}

  static long offset(StructLayout struct, String member) {
    long offset = 0;
    for (MemoryLayout layout : struct.memberLayouts()) { // a path would be parsed at every access
      if (member.equals(layout.name().orElse(null))) {
        return offset;
      }
      offset += layout.byteSize();
    }
    throw new IllegalArgumentException(struct + " has no member " + member);
  }

  private static StructLayout struct(String name, MemoryLayout... members) {
    return MemoryLayout.structLayout(members).withName(name);
  }
}
