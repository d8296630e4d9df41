/** Benchmarks of layers and whole models, beside ONNX Runtime, and the tables made of them. */
@NullMarked
package io.striate.bench;

import org.jspecify.annotations.NullMarked;
