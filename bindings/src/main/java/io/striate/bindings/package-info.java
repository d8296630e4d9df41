/**
 * The C ABI of Striate, {@code striate.h}, for Java: {@link io.striate.bindings.NativeLibrary}
 * loads a library, {@link io.striate.bindings.NativeContext} creates kernels, {@link
 * io.striate.bindings.NativeKernel} runs them. Where libraries come from is described at {@link
 * io.striate.bindings.LoadSettings}.
 */
@NullMarked
package io.striate.bindings;

import org.jspecify.annotations.NullMarked;
