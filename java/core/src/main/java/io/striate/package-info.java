/** The exceptions and the runtime report of Striate. */
@NullMarked
package io.striate;

import org.jspecify.annotations.NullMarked;
