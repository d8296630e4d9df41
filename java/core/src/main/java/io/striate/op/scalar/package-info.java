/**
 * The oracle: every op as plain Java loops over strided memory, summed in float64 and rounded once.
 */
@NullMarked
package io.striate.op.scalar;

import org.jspecify.annotations.NullMarked;
