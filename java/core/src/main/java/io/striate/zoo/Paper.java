package io.striate.zoo;

/**
 * Where an architecture was published.
 *
 * @param authors as cited, e.g. {@code "He, Zhang, Ren & Sun"}
 * @param venue conference, journal or arXiv number; a web address for lecture notes and demos
 */
public record Paper(String authors, String title, String venue, int year) {
  /** As in a list of references. */
  @Override
  public String toString() {
    return authors + ": " + title + ", " + venue + ", " + year;
  }
}
