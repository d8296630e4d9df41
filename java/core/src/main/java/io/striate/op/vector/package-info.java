/** The provider in pure Java: kernels over the Vector API, specialised per vector width. */
@NullMarked
package io.striate.op.vector;

import org.jspecify.annotations.NullMarked;
