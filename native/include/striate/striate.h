/*
 * striate.h — the whole public C ABI of Striate's native kernel libraries.
 *
 * One header, several libraries: libstriate (hand-tuned kernels) and libstriate_onednn (oneDNN
 * adapter) export the same functions, so a caller binds them the same way and compares them fairly.
 *
 * Life of a kernel:
 *   striate_context_create -> striate_kernel_create (checks, chooses, packs constants)
 *   -> striate_kernel_tiles / _scratch_bytes / _id -> striate_kernel_run over tile ranges, from any
 *   number of threads at once -> striate_kernel_destroy -> striate_context_destroy.
 *
 * Conventions:
 *   - Counts are elements unless the name ends in _bytes. "Convolution" means cross-correlation.
 *   - Logical dimensions are ordered N, C, [D,] [H,] W; weights O, I, [D,] [H,] W. The physical
 *     layout is given by element strides, one per dimension, which may be negative or padded.
 *     Kernels never read or write an element that the dimensions and strides do not name.
 *   - dst may not overlap any src, except that an element-wise op (UNARY, BINARY, BATCH_NORM,
 * PRELU) may write exactly onto a src of equal dimensions and strides.
 *   - The caller owns every pointer that it passes. Constants are read (packed or copied) during
 *     create only; src and dst memory must stay valid during run.
 *   - Every fallible function returns a striate_status and, where `error` is not NULL, fills it.
 *     No exception, signal handler, print or abort crosses this boundary; nothing happens at load.
 *   - Results depend on neither the tile partition nor the number of threads nor the batch size:
 *     a reduction is never split between tiles.
 */
#ifndef STRIATE_STRIATE_H
#define STRIATE_STRIATE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define STRIATE_API __attribute__((visibility("default")))
#else
#define STRIATE_API
#endif

#ifdef __cplusplus
#define STRIATE_NOEXCEPT noexcept
extern "C" {
#else
#define STRIATE_NOEXCEPT
#endif

/* Raised whenever a struct, an enumerator or a function changes incompatibly. */
#define STRIATE_ABI_VERSION 1
#define STRIATE_MAX_RANK 8

typedef int32_t striate_status;
enum {
  STRIATE_OK = 0,
  STRIATE_INVALID_ARGUMENT = 1, /* null, bad size, bad enumerator, inconsistent shapes */
  STRIATE_UNSUPPORTED = 2,      /* valid, but this library has no kernel for it: ask another */
  STRIATE_OUT_OF_MEMORY = 3,
  STRIATE_INTERNAL = 4 /* a defect of the library; the text says where */
};

/* Caller-owned error: `code` equals the returned status, `text` is a NUL-terminated UTF-8 sentence
 * that names the value and the remedy. Left untouched on STRIATE_OK. */
typedef struct striate_error {
  int32_t code;
  char text[508];
} striate_error;

typedef int32_t striate_dtype;
enum {
  STRIATE_F32 = 0,
  STRIATE_F64 = 1,
  STRIATE_BF16 = 2,
  STRIATE_F16 = 3,
  STRIATE_S8 = 4,
  STRIATE_U8 = 5,
  STRIATE_S32 = 6,
  STRIATE_S64 = 7
};

/* Element (i0, i1, ...) lives at base + (i0*strides[0] + i1*strides[1] + ...) elements.
 * Entries at and beyond `rank` are ignored. Every dimension is >= 1. */
typedef struct striate_tensor_desc {
  striate_dtype dtype;
  int32_t rank;
  int64_t dims[STRIATE_MAX_RANK];
  int64_t strides[STRIATE_MAX_RANK];
} striate_tensor_desc;

/* ------------------------------------------------------------------ activations and epilogues */

typedef int32_t striate_activation;
enum {
  STRIATE_ACT_NONE = 0,         /* x */
  STRIATE_ACT_RELU = 1,         /* max(x, 0) */
  STRIATE_ACT_LEAKY_RELU = 2,   /* x >= 0 ? x : alpha*x */
  STRIATE_ACT_ELU = 3,          /* x >= 0 ? x : alpha*(exp(x)-1) */
  STRIATE_ACT_SELU = 4,         /* beta * (x > 0 ? x : alpha*(exp(x)-1)) */
  STRIATE_ACT_SIGMOID = 5,      /* 1/(1+exp(-x)) */
  STRIATE_ACT_TANH = 6,         /* tanh(x) */
  STRIATE_ACT_SCALED_TANH = 7,  /* alpha*tanh(beta*x); LeCun 1998: 1.7159, 2/3 */
  STRIATE_ACT_HARD_SIGMOID = 8, /* clamp(alpha*x + beta, 0, 1) */
  STRIATE_ACT_HARD_SWISH = 9,   /* x * clamp(x/6 + 1/2, 0, 1) */
  STRIATE_ACT_GELU = 10,        /* x/2 * (1 + erf(x/sqrt 2)) */
  STRIATE_ACT_GELU_TANH = 11,   /* x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) */
  STRIATE_ACT_SILU = 12,        /* x / (1+exp(-x)) */
  STRIATE_ACT_CLIP = 13         /* min(max(x, alpha), beta) */
};

/* dst = activation(result + bias + residual); absent terms are zero.
 * bias: the next src after the op's own operands, dims [C] (conv: output channels, gemm: N).
 * residual: the src after that, with the dims of dst and strides of its own. */
typedef struct striate_epilogue {
  int32_t has_bias;
  int32_t has_residual;
  striate_activation activation;
  float alpha;
  float beta;
} striate_epilogue;

/* ------------------------------------------------------------------------------- op parameters */

typedef int32_t striate_op;
enum {
  STRIATE_OP_CONV = 0,           /* striate_conv_params; src: x, weights, [bias], [residual] */
  STRIATE_OP_CONV_TRANSPOSE = 1, /* striate_conv_params; src: x, weights, [bias], [residual] */
  STRIATE_OP_GEMM = 2,           /* striate_gemm_params; src: a, b, [bias], [residual] */
  STRIATE_OP_POOL = 3,           /* striate_pool_params; src: x, [weights of WEIGHTED] */
  STRIATE_OP_BATCH_NORM = 4, /* striate_batch_norm_params; src: x, scale, shift, mean, variance */
  STRIATE_OP_LRN = 5,        /* striate_lrn_params; src: x */
  STRIATE_OP_UNARY = 6,      /* striate_unary_params; src: x */
  STRIATE_OP_PRELU = 7,      /* no params; src: x, slope (broadcast to x) */
  STRIATE_OP_SOFTMAX = 8,    /* striate_softmax_params; src: x */
  STRIATE_OP_BINARY = 9,    /* striate_binary_params; src: a, b (broadcast to dst), a product's c */
  STRIATE_OP_REDUCE = 10,   /* striate_reduce_params; src: x */
  STRIATE_OP_PAD = 11,      /* striate_pad_params; src: x */
  STRIATE_OP_RESIZE = 12,   /* striate_resize_params; src: x */
  STRIATE_OP_COPY = 13,     /* no params; src: x, same dims as dst, any strides */
  STRIATE_OP_CONV_POOL = 14 /* striate_conv_pool_params; src: x, weights, [bias], [residual] */
};

/* Spatial arrays are in order D, H, W; the last `spatial_rank` entries count (1: W, 2: H W, 3: D H
 * W) and are stored first: entry 0 belongs to the first spatial dimension of the tensor.
 *
 * CONV: weights [OC, IC/groups, K...],
 *   dst[n,oc,o] = epilogue(sum_{ic,k} x[n, g*IC/groups+ic, o*stride + k*dilation - pad_begin] *
 * w[oc,ic,k]) where x reads as 0 outside and O = floor((I + pad_begin + pad_end - dilation*(K-1) -
 * 1)/stride) + 1. CONV_TRANSPOSE: weights [IC, OC/groups, K...] (the gradient of CONV with respect
 * to x), dst[n,oc,o] = epilogue(sum over (i,k) with i*stride + k*dilation - pad_begin == o of
 * x[n,ic,i]*w[ic,oc,k]); O is taken from dst: stride*(I-1) + output_padding + dilation*(K-1) + 1 -
 * pad_begin - pad_end. dilation 1 means dense. Source: Dumoulin & Visin, arXiv:1603.07285. */
typedef struct striate_conv_params {
  int32_t spatial_rank; /* 1, 2 or 3 */
  int32_t reserved;
  int64_t groups;
  int64_t kernel[3];
  int64_t stride[3];
  int64_t dilation[3];
  int64_t pad_begin[3];
  int64_t pad_end[3];
  striate_epilogue epilogue;
  int32_t reserved2;
} striate_conv_params;

/* dst[..., m, n] = epilogue(sum_k A[..., m, k] * B[..., k, n]) where A is `a` or, with trans_a, its
 * last two dims exchanged, B likewise. a, b, dst have rank >= 2; leading dims broadcast as in
 * NumPy. b may be a constant (packed at create) or be given at run. */
typedef struct striate_gemm_params {
  int32_t trans_a;
  int32_t trans_b;
  striate_epilogue epilogue;
} striate_gemm_params;

typedef int32_t striate_pool_kind;
enum {
  STRIATE_POOL_MAX = 0,                 /* padding never wins */
  STRIATE_POOL_AVERAGE_INCLUDE_PAD = 1, /* divides by the window clipped to input plus padding */
  STRIATE_POOL_AVERAGE_EXCLUDE_PAD = 2, /* divides by the number of real elements */
  STRIATE_POOL_LP = 3,                  /* (sum |x|^p)^(1/p); p = 2 is L2-norm pooling */
  STRIATE_POOL_WEIGHTED = 4 /* sum w*x / sum w over the real elements; src[1] = w[K...] >= 0 */
};

/* Window arithmetic as CONV; global pooling is a window of the whole input. dst dims decide floor
 * or ceil. */
typedef struct striate_pool_params {
  striate_pool_kind kind;
  int32_t spatial_rank;
  float p; /* LP only, >= 1 */
  int32_t reserved;
  int64_t kernel[3];
  int64_t stride[3];
  int64_t dilation[3];
  int64_t pad_begin[3];
  int64_t pad_end[3];
} striate_pool_params;

/* dst = pool(conv(x)): a CONV whose result, never stored, a POOL of any kind but WEIGHTED reads.
 * The residual has the dims of the convolution's result. Kernels exist where a pooled window lies
 * in what a convolution kernel computes at once: 2x2, stride 2, MAX and both averages. Bit by bit
 * the result of CONV by the kernel of the same name and POOL after it. */
typedef struct striate_conv_pool_params {
  striate_conv_params conv;
  striate_pool_params pool;
} striate_conv_pool_params;

/* dst = activation(scale[c]*(x - mean[c])/sqrt(variance[c] + epsilon) + shift[c]); c is
 * dimension 1. Source: Ioffe & Szegedy, arXiv:1502.03167, inference form. */
typedef struct striate_batch_norm_params {
  float epsilon;
  striate_activation activation;
  float alpha;
  float beta;
} striate_batch_norm_params;

/* ACROSS: dst = x / (k + alpha/size * sum_{c' in window(c)} x[c']^2)^beta, window from c -
 * floor((size-1)/2) to c + ceil((size-1)/2), clipped. WITHIN: the same over a size x size spatial
 * window of one channel, divided by size^2 in place of size. Source: Krizhevsky et al. 2012,
 * section 3.3; Caffe's LRN layer. */
typedef struct striate_lrn_params {
  int64_t size;
  float alpha;
  float beta;
  float k;
  int32_t within;
} striate_lrn_params;

typedef struct striate_unary_params {
  striate_activation activation;
  float alpha;
  float beta;
} striate_unary_params;

/* softmax over one axis, stabilised by the maximum: exp(x-m)/sum exp(x-m), or its logarithm. */
typedef struct striate_softmax_params {
  int32_t axis; /* 0 .. rank-1 */
  int32_t log;
} striate_softmax_params;

typedef int32_t striate_binary_kind;
enum {
  STRIATE_BINARY_ADD = 0,
  STRIATE_BINARY_SUB = 1,
  STRIATE_BINARY_MUL = 2,
  STRIATE_BINARY_DIV = 3
};

/* dst = activation(a op b). a, b and dst are given with equal rank; a dimension of 1 in a or b
 * broadcasts. A product may have a third src c with the dims of dst: dst = activation(a * b + c),
 * product and sum rounded one after the other. */
typedef struct striate_binary_params {
  striate_binary_kind kind;
  striate_activation activation;
  float alpha;
  float beta;
} striate_binary_params;

typedef int32_t striate_reduce_kind;
enum { STRIATE_REDUCE_SUM = 0, STRIATE_REDUCE_MEAN = 1, STRIATE_REDUCE_MAX = 2 };

/* Reduces every axis whose bit is set; dst has rank of x with those dims 1. */
typedef struct striate_reduce_params {
  striate_reduce_kind kind;
  uint32_t axes_mask;
} striate_reduce_params;

typedef int32_t striate_pad_mode;
enum { STRIATE_PAD_CONSTANT = 0, STRIATE_PAD_REFLECT = 1, STRIATE_PAD_EDGE = 2 };

/* begin may be negative (cropping); the end follows from dst. REFLECT does not repeat the border
 * element. */
typedef struct striate_pad_params {
  striate_pad_mode mode;
  float value;
  int64_t begin[STRIATE_MAX_RANK];
} striate_pad_params;

typedef int32_t striate_resize_mode;
enum { STRIATE_RESIZE_NEAREST = 0, STRIATE_RESIZE_LINEAR = 1 };
typedef int32_t
    striate_resize_coordinates; /* o: output index, s: scale = out/in, length: of the axis */
enum {
  STRIATE_RESIZE_HALF_PIXEL = 0,         /* (o+0.5)/s - 0.5 */
  STRIATE_RESIZE_PYTORCH_HALF_PIXEL = 1, /* length_out > 1 ? (o+0.5)/s - 0.5 : 0 */
  STRIATE_RESIZE_ALIGN_CORNERS = 2,      /* o * (length_in-1)/(length_out-1) */
  STRIATE_RESIZE_ASYMMETRIC = 3          /* o/s */
};
typedef int32_t striate_resize_nearest;
enum {
  STRIATE_RESIZE_ROUND_PREFER_FLOOR = 0,
  STRIATE_RESIZE_ROUND_PREFER_CEIL = 1,
  STRIATE_RESIZE_FLOOR = 2,
  STRIATE_RESIZE_CEIL = 3
};

/* Separable interpolation over the spatial dims (all after dimension 1); source coordinates are
 * clamped to the edge. Source: ONNX operator Resize, opset 19. */
typedef struct striate_resize_params {
  striate_resize_mode mode;
  striate_resize_coordinates coordinates;
  striate_resize_nearest nearest;
  float scales[STRIATE_MAX_RANK]; /* one per dimension, out/in as the model states it */
} striate_resize_params;

/* ---------------------------------------------------------------------------- context and kernels
 */

typedef struct striate_context striate_context;
typedef struct striate_kernel striate_kernel;

typedef int32_t striate_isa;
enum {
  STRIATE_ISA_ANY = 0,
  STRIATE_ISA_PORTABLE = 1,
  STRIATE_ISA_AVX2 = 2,
  STRIATE_ISA_AVX512 = 3
};

/* The ABI version that the library was built for; compare with STRIATE_ABI_VERSION before anything
 * else. */
STRIATE_API int32_t striate_abi_version(void) STRIATE_NOEXCEPT;

/* Copies a one-line description (library, version, compiler, build flags) into text, NUL-terminated
 * and cut to capacity; returns the full length without the NUL. */
STRIATE_API int64_t striate_describe(char* text, int64_t capacity) STRIATE_NOEXCEPT;

/* Creates a context that uses at most `max_isa` (STRIATE_ISA_ANY: what the CPU has, capped by the
 * environment variable STRIATE_MAX_ISA = portable | avx2 | avx512; any other value of it is
 * STRIATE_INVALID_ARGUMENT). A max_isa that the CPU lacks is STRIATE_UNSUPPORTED. Thread-safe; must
 * outlive its kernels. */
STRIATE_API striate_status striate_context_create(striate_isa max_isa, striate_context** context,
                                                  striate_error* error) STRIATE_NOEXCEPT;
STRIATE_API void striate_context_destroy(striate_context* context) STRIATE_NOEXCEPT;
/* The ISA in use, never STRIATE_ISA_ANY. */
STRIATE_API striate_isa striate_context_isa(const striate_context* context) STRIATE_NOEXCEPT;

/* How much rounding error algorithms may add for speed. */
typedef int32_t striate_accuracy;
enum {
  STRIATE_ACCURACY_DEFAULT = 0, /* fast algorithms with an error like Winograd's F(4x4,3x3) */
  STRIATE_ACCURACY_STRICT = 1,  /* direct algorithms only: plain sums of products */
  STRIATE_ACCURACY_FAST = 2     /* also those of larger error, F(6x6,3x3) among them */
};

typedef struct striate_kernel_request {
  striate_op op;
  int32_t src_count;
  int32_t dst_count;
  int32_t threads;      /* how many threads are meant to run it, >= 1: guides tile size only */
  const void* params;   /* the struct that belongs to op, or NULL where it has none */
  int64_t params_bytes; /* sizeof that struct: guards against mismatched headers */
  const striate_tensor_desc* src; /* src_count descriptors */
  const void* const*
      constants; /* src_count pointers: data of a constant src, or NULL if given at run */
  const striate_tensor_desc* dst; /* dst_count descriptors */
  const char* kernel_id;          /* a wanted kernel id, or NULL for the best */
  striate_accuracy accuracy;
  int32_t reserved;
} striate_kernel_request;

/* Lists the ids of the kernels that can do the request (best first), one per line, into text; then,
 * as "id: reason", those that can but are expected to be slower than the first and are taken only
 * by name; then, as "-id: reason", the kernels of the op that cannot. Returns the full length, or
 * -1 on error. */
STRIATE_API int64_t striate_kernel_list(striate_context* context,
                                        const striate_kernel_request* request, char* text,
                                        int64_t capacity, striate_error* error) STRIATE_NOEXCEPT;

/* Checks the request, chooses (or takes the named) kernel, packs constants. */
STRIATE_API striate_status striate_kernel_create(striate_context* context,
                                                 const striate_kernel_request* request,
                                                 striate_kernel** kernel,
                                                 striate_error* error) STRIATE_NOEXCEPT;
STRIATE_API void striate_kernel_destroy(striate_kernel* kernel) STRIATE_NOEXCEPT;

/* A kernel can be created again without packing, from a copy of its packed constants that is kept
 * in a file, say. `striate_kernel_copy_bytes` is the size of that copy, or 0 where the kernel does
 * not offer one (kernels that pack little, or keep constants as they are).
 * A copy fits the same kernel id, request (descriptors, params, threads, accuracy) and build of the
 * library; it is no format for exchange. */
STRIATE_API int64_t striate_kernel_copy_bytes(const striate_kernel* kernel) STRIATE_NOEXCEPT;
/* Writes the copy; `bytes` must equal striate_kernel_copy_bytes. */
STRIATE_API striate_status striate_kernel_copy(const striate_kernel* kernel, void* copy,
                                               int64_t bytes,
                                               striate_error* error) STRIATE_NOEXCEPT;
/* Creates the kernel that `request` names from a copy. Entries of request->constants only say which
 * operands are constants: what they point to is not read. `copy` is 64-byte aligned, is not copied
 * again, and must stay valid and unchanged until the kernel is destroyed.
 * A copy of another kernel or request, or one whose sizes do not fit, is STRIATE_INVALID_ARGUMENT.
 * The values are not checked, so the caller keeps a checksum; but nothing in a copy is used as a
 * size or an address, so that wrong values give wrong results and no more. */
STRIATE_API striate_status striate_kernel_restore(striate_context* context,
                                                  const striate_kernel_request* request,
                                                  const void* copy, int64_t bytes,
                                                  striate_kernel** kernel,
                                                  striate_error* error) STRIATE_NOEXCEPT;
/* Memory for copies: 64-byte aligned, not set to anything, on large pages where the system has
 * them; freed by striate_memory_free (NULL is fine). */
STRIATE_API striate_status striate_memory_allocate(int64_t bytes, void** memory,
                                                   striate_error* error) STRIATE_NOEXCEPT;
STRIATE_API void striate_memory_free(void* memory) STRIATE_NOEXCEPT;

/* The kernel's id, e.g. "conv/igemm/f32/nhwc/avx512/7x64"; owned by the kernel. */
STRIATE_API const char* striate_kernel_id(const striate_kernel* kernel) STRIATE_NOEXCEPT;
/* Number of independent tiles, >= 1. */
STRIATE_API int64_t striate_kernel_tiles(const striate_kernel* kernel) STRIATE_NOEXCEPT;
/* Bytes of scratch, 64-byte aligned, that each concurrent call of run needs; may be 0. */
STRIATE_API int64_t striate_kernel_scratch_bytes(const striate_kernel* kernel) STRIATE_NOEXCEPT;
/* Bytes of packed constants that the kernel holds. */
STRIATE_API int64_t striate_kernel_packed_bytes(const striate_kernel* kernel) STRIATE_NOEXCEPT;

/* Computes tiles [first, last). `src` and `dst` point to the base address (element 0) of every
 * operand; the entries of constants may be NULL. Thread-safe: disjoint ranges may run at once, each
 * with its own scratch. */
STRIATE_API striate_status striate_kernel_run(const striate_kernel* kernel, const void* const* src,
                                              void* const* dst, int64_t first, int64_t last,
                                              void* scratch) STRIATE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif /* STRIATE_STRIATE_H */
