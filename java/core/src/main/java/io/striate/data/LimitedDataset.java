package io.striate.data;

import io.striate.image.Image;
import java.util.List;
import java.util.Objects;

/** The first pictures of another data set. */
record LimitedDataset(Dataset whole, int size) implements Dataset {
  @Override
  public String name() {
    return "first " + size + " of " + whole.name();
  }

  @Override
  public Image image(int index) {
    return whole.image(Objects.checkIndex(index, size));
  }

  @Override
  public int label(int index) {
    return whole.label(Objects.checkIndex(index, size));
  }

  @Override
  public List<String> classes() {
    return whole.classes();
  }
}
