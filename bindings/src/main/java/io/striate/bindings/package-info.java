/** Loads the native library and gives one typed method per function of {@code striate.h}. */
@NullMarked
package io.striate.bindings;

import org.jspecify.annotations.NullMarked;
