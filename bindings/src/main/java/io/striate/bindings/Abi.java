package io.striate.bindings;

/**
 * The enumerators of {@code striate.h}, under their C names without the prefix {@code STRIATE_}. A
 * test compares every one with the header.
 */
public final class Abi {
  public static final int ABI_VERSION = 1;
  public static final int MAX_RANK = 8;

  public static final int OK = 0;
  public static final int INVALID_ARGUMENT = 1;
  public static final int UNSUPPORTED = 2;
  public static final int OUT_OF_MEMORY = 3;
  public static final int INTERNAL = 4;

  public static final int F32 = 0;
  public static final int F64 = 1;
  public static final int BF16 = 2;
  public static final int F16 = 3;
  public static final int S8 = 4;
  public static final int U8 = 5;
  public static final int S32 = 6;
  public static final int S64 = 7;

  public static final int ACT_NONE = 0;
  public static final int ACT_RELU = 1;
  public static final int ACT_LEAKY_RELU = 2;
  public static final int ACT_ELU = 3;
  public static final int ACT_SELU = 4;
  public static final int ACT_SIGMOID = 5;
  public static final int ACT_TANH = 6;
  public static final int ACT_SCALED_TANH = 7;
  public static final int ACT_HARD_SIGMOID = 8;
  public static final int ACT_HARD_SWISH = 9;
  public static final int ACT_GELU = 10;
  public static final int ACT_GELU_TANH = 11;
  public static final int ACT_SILU = 12;
  public static final int ACT_CLIP = 13;

  public static final int OP_CONV = 0;
  public static final int OP_CONV_TRANSPOSE = 1;
  public static final int OP_GEMM = 2;
  public static final int OP_POOL = 3;
  public static final int OP_BATCH_NORM = 4;
  public static final int OP_LRN = 5;
  public static final int OP_UNARY = 6;
  public static final int OP_PRELU = 7;
  public static final int OP_SOFTMAX = 8;
  public static final int OP_BINARY = 9;
  public static final int OP_REDUCE = 10;
  public static final int OP_PAD = 11;
  public static final int OP_RESIZE = 12;
  public static final int OP_COPY = 13;
  public static final int OP_CONV_POOL = 14;

  public static final int POOL_MAX = 0;
  public static final int POOL_AVERAGE_INCLUDE_PAD = 1;
  public static final int POOL_AVERAGE_EXCLUDE_PAD = 2;
  public static final int POOL_LP = 3;
  public static final int POOL_WEIGHTED = 4;

  public static final int BINARY_ADD = 0;
  public static final int BINARY_SUB = 1;
  public static final int BINARY_MUL = 2;
  public static final int BINARY_DIV = 3;

  public static final int REDUCE_SUM = 0;
  public static final int REDUCE_MEAN = 1;
  public static final int REDUCE_MAX = 2;

  public static final int PAD_CONSTANT = 0;
  public static final int PAD_REFLECT = 1;
  public static final int PAD_EDGE = 2;

  public static final int RESIZE_NEAREST = 0;
  public static final int RESIZE_LINEAR = 1;
  public static final int RESIZE_HALF_PIXEL = 0;
  public static final int RESIZE_PYTORCH_HALF_PIXEL = 1;
  public static final int RESIZE_ALIGN_CORNERS = 2;
  public static final int RESIZE_ASYMMETRIC = 3;
  public static final int RESIZE_ROUND_PREFER_FLOOR = 0;
  public static final int RESIZE_ROUND_PREFER_CEIL = 1;
  public static final int RESIZE_FLOOR = 2;
  public static final int RESIZE_CEIL = 3;

  public static final int ACCURACY_DEFAULT = 0;
  public static final int ACCURACY_STRICT = 1;
  public static final int ACCURACY_FAST = 2;

  public static final int ISA_ANY = 0;
  public static final int ISA_PORTABLE = 1;
  public static final int ISA_AVX2 = 2;
  public static final int ISA_AVX512 = 3;

  private Abi() {}

  /** The name of a status code, for messages. */
  static String statusName(int status) {
    return switch (status) {
      case OK -> "OK";
      case INVALID_ARGUMENT -> "INVALID_ARGUMENT";
      case UNSUPPORTED -> "UNSUPPORTED";
      case OUT_OF_MEMORY -> "OUT_OF_MEMORY";
      case INTERNAL -> "INTERNAL";
      default -> "status " + status;
    };
  }
}
