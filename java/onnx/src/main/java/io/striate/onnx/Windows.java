package io.striate.onnx;

import io.striate.op.AutoPad;
import io.striate.op.Window;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the attributes that convolutions and poolings share. */
final class Windows {
  private Windows() {}

  /**
   * The window of a node.
   *
   * @param kernel the kernel size, already known
   * @param dilations whether this operator has the attribute in this opset
   */
  static Window read(Attributes a, List<Long> kernel, boolean dilations) {
    int rank = kernel.size();
    List<Integer> ones = Collections.nCopies(rank, 1);
    List<Integer> stride = list(a, "strides", rank, ones);
    List<Integer> dilation = dilations ? list(a, "dilations", rank, ones) : ones;
    List<Integer> pads = list(a, "pads", 2 * rank, Collections.nCopies(2 * rank, 0));
    String autoPad = a.text("auto_pad", "NOTSET");
    AutoPad mode =
        switch (autoPad) {
          case "NOTSET", "" -> AutoPad.EXPLICIT;
          case "VALID" -> AutoPad.VALID;
          case "SAME_UPPER" -> AutoPad.SAME_UPPER;
          case "SAME_LOWER" -> AutoPad.SAME_LOWER;
          default ->
              throw new IllegalArgumentException(
                  "auto_pad is \""
                      + autoPad
                      + "\"; NOTSET, VALID, SAME_UPPER and SAME_LOWER are known");
        };
    if (mode != AutoPad.EXPLICIT && pads.stream().anyMatch(p -> p != 0)) {
      throw new IllegalArgumentException(
          "pads " + pads + " and auto_pad " + mode + " exclude each other");
    }
    Window window =
        new Window(
            NodeImport.axes(kernel),
            stride,
            dilation,
            pads.subList(0, rank),
            pads.subList(rank, 2 * rank),
            AutoPad.EXPLICIT);
    return mode == AutoPad.EXPLICIT ? window : window.withAutoPad(mode);
  }

  /** A list attribute with a fixed number of entries, as ints. */
  static List<Integer> list(Attributes a, String name, int size, List<Integer> missing) {
    @Nullable List<Long> given = a.integers(name);
    if (given == null || given.isEmpty()) {
      return missing;
    }
    if (given.size() != size) {
      throw new IllegalArgumentException(name + " " + given + " needs " + size + " entries");
    }
    return NodeImport.axes(given);
  }
}
