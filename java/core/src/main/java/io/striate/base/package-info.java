/** What all floors stand on and nobody outside of this module sees: memory, shared work. */
@NullMarked
package io.striate.base;

import org.jspecify.annotations.NullMarked;
