/** The providers {@code cpu} and {@code onednn}: kernels of the native libraries. */
@NullMarked
package io.striate.op.ffm;

import org.jspecify.annotations.NullMarked;
