/** The classic architectures, each with its paper. */
@NullMarked
package io.striate.zoo;

import org.jspecify.annotations.NullMarked;
