/** Reads ONNX models into Striate graphs. */
@NullMarked
package io.striate.onnx;

import org.jspecify.annotations.NullMarked;
