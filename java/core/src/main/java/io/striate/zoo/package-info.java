/** The classic architectures, built with seeded weights. */
@NullMarked
package io.striate.zoo;

import org.jspecify.annotations.NullMarked;
