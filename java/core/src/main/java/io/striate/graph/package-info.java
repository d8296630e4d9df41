/** The graph of operations and the passes that prepare it for execution. */
@NullMarked
package io.striate.graph;

import org.jspecify.annotations.NullMarked;
