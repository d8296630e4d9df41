/** What a service needs around compiled models: requests gathered to batches. */
@NullMarked
package io.striate.serve;

import org.jspecify.annotations.NullMarked;
