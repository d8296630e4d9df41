/** Loads the native libraries of Striate and mirrors {@code striate.h}. */
module io.striate.bindings {
  requires static transitive org.jspecify;

  exports io.striate.bindings;
}
