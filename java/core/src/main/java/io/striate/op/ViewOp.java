package io.striate.op;

/** An operation that moves or renames elements without arithmetic. */
public sealed interface ViewOp extends Op
    permits Concat,
        Split,
        Slice,
        Flatten,
        Reshape,
        Transpose,
        Squeeze,
        Unsqueeze,
        Dropout,
        Identity,
        GlobalPool {}
