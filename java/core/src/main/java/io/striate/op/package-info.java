/** Operations as records, and the contract between a graph and the providers that compute them. */
@NullMarked
package io.striate.op;

import org.jspecify.annotations.NullMarked;
