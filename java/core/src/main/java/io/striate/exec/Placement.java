package io.striate.exec;

import io.striate.tensor.TensorDesc;

/** A tensor in a buffer: the layout's offset is relative to the buffer's start. */
record Placement(Buffer buffer, TensorDesc desc) {}
