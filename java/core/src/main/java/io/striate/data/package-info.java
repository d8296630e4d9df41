/** Labelled pictures from the folders that data sets come in, and the names of classes. */
@NullMarked
package io.striate.data;

import org.jspecify.annotations.NullMarked;
