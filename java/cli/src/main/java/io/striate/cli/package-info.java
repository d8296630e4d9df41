/** The {@code striate} command. */
@NullMarked
package io.striate.cli;

import org.jspecify.annotations.NullMarked;
