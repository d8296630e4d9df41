/** JMH benchmarks of operations and whole models. */
@NullMarked
package io.striate.bench;

import org.jspecify.annotations.NullMarked;
