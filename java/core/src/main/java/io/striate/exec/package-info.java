/** Compilation of graphs to steps, the memory plan, the worker pool and execution. */
@NullMarked
package io.striate.exec;

import org.jspecify.annotations.NullMarked;
