/**
 * Weight and array files: safetensors, NumPy's npy and npz, and the strict JSON reader they share.
 */
@NullMarked
package io.striate.io;

import org.jspecify.annotations.NullMarked;
