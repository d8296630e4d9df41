/** Shapes, layouts, element types and views of off-heap memory. */
@NullMarked
package io.striate.tensor;

import org.jspecify.annotations.NullMarked;
