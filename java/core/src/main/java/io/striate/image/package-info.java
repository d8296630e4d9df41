/**
 * Photographs: decoding, resizing as Pillow does it, and the way from pixels to a network's input.
 */
@NullMarked
package io.striate.image;

import org.jspecify.annotations.NullMarked;
