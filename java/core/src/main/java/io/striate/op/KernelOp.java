package io.striate.op;

/**
 * An operation that providers have kernels for; the order of its kinds equals {@code striate_op}.
 */
public sealed interface KernelOp extends Op
    permits Conv,
        ConvTranspose,
        Gemm,
        Pool,
        BatchNorm,
        Lrn,
        Unary,
        PRelu,
        Softmax,
        Binary,
        Reduce,
        Pad,
        Resize,
        Copy,
        ConvPool {}
