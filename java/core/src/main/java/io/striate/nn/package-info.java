/** Models: a graph with what belongs to it, ready to be compiled. */
@NullMarked
package io.striate.nn;

import org.jspecify.annotations.NullMarked;
