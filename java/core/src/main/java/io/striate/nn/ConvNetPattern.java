package io.striate.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * The common form of a convolutional network: {@code INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC
 * -> RELU]*K -> FC}, with N, M, K ≥ 0; usually N ≤ 3 and K &lt; 3.
 *
 * <p>Convolutions keep the size of the image (stride 1, padding (kernel-1)/2), poolings halve it
 * (the maxima of 2×2). The last fully connected layer has no activation.
 *
 * <pre>{@code
 * Model net = ConvNetPattern.parse("INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC")
 *     .withFilters(16, 32).withUnits(64).withOutputs(10).build("small", 3, 32, 32);
 * }</pre>
 *
 * <p>Source: Stanford CS231n, "Convolutional networks", section "Layer patterns".
 *
 * @param convolutions N, in each block
 * @param blocks M
 * @param pooling whether each block ends with a pooling
 * @param hidden K
 * @param kernel height and width of the convolutions' windows, odd
 * @param filters of each block's convolutions; the last number holds for all blocks that follow
 * @param units of each hidden layer; the last number holds for all that follow
 * @param outputs of the last layer
 */
public record ConvNetPattern(
    int convolutions,
    int blocks,
    boolean pooling,
    int hidden,
    int kernel,
    List<Long> filters,
    List<Long> units,
    long outputs) {

  private static final int MOST = 1000;
  private static final Pattern TOKEN =
      Pattern.compile("\\s*(\\[|]|\\*\\s*\\d+|->|→|INPUT|CONV|RELU|POOL|FC)\\s*");

  /** Checks the counts. */
  public ConvNetPattern {
    filters = List.copyOf(filters);
    units = List.copyOf(units);
    if (convolutions < 0 || blocks < 0 || hidden < 0) {
      throw new IllegalArgumentException(
          "N, M, K are " + convolutions + ", " + blocks + ", " + hidden + "; none may be negative");
    }
    if ((long) blocks * (convolutions + 1L) + hidden > MOST) {
      throw new IllegalArgumentException(
          "N, M, K are "
              + List.of(convolutions, blocks, hidden)
              + ": more than "
              + MOST
              + " layers; choose smaller numbers");
    }
    if (kernel < 1 || kernel % 2 == 0) {
      throw new IllegalArgumentException("kernel is " + kernel + "; it must be odd and positive");
    }
    if (filters.isEmpty() || units.isEmpty()) {
      throw new IllegalArgumentException(
          "filters are " + filters + " and units " + units + "; give at least one number of each");
    }
  }

  /** N, M and K, with poolings, 3×3 windows, 32 filters, 128 hidden units and 10 outputs. */
  public static ConvNetPattern of(int n, int m, int k) {
    return new ConvNetPattern(n, m, true, k, 3, List.of(32L), List.of(128L), 10);
  }

  /**
   * Reads the notation above, with numbers for N, M and K: {@code INPUT -> [[CONV -> RELU]*2 ->
   * POOL]*3 -> [FC -> RELU]*2 -> FC}. All blocks must be alike. Without any POOL all convolutions
   * count as one block.
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static ConvNetPattern parse(String text) {
    List<String> layers = new Reader(text).read();
    int at = expect(text, layers, 0, "INPUT");
    List<Integer> sizes = new ArrayList<>();
    int open = 0;
    boolean pools = layers.contains("POOL");
    while (at < layers.size() && !layers.get(at).equals("FC")) {
      if (layers.get(at).equals("POOL")) {
        sizes.add(open);
        open = 0;
        at++;
      } else {
        at = expect(text, layers, expect(text, layers, at, "CONV"), "RELU");
        open++;
      }
    }
    if (open > 0 && !pools) {
      sizes.add(open);
      open = 0;
    }
    if (open > 0 || sizes.stream().distinct().count() > 1) {
      throw new IllegalArgumentException(
          "pattern '" + text + "': all blocks before the first FC must be alike");
    }
    int k = 0;
    while (at < layers.size() - 1) {
      at = expect(text, layers, expect(text, layers, at, "FC"), "RELU");
      k++;
    }
    if (expect(text, layers, at, "FC") != layers.size()) {
      throw new IllegalArgumentException("pattern '" + text + "' must end with FC");
    }
    return of(sizes.isEmpty() ? 0 : sizes.get(0), sizes.size(), k).withPooling(pools);
  }

  private static int expect(String text, List<String> layers, int at, String what) {
    if (at >= layers.size() || !layers.get(at).equals(what)) {
      throw new IllegalArgumentException(
          "pattern '"
              + text
              + "' has "
              + (at < layers.size() ? layers.get(at) : "its end")
              + " where "
              + what
              + " belongs; the form is INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K"
              + " -> FC");
    }
    return at + 1;
  }

  /** With or without a pooling at the end of each block. */
  public ConvNetPattern withPooling(boolean pools) {
    return new ConvNetPattern(convolutions, blocks, pools, hidden, kernel, filters, units, outputs);
  }

  /** Other windows. */
  public ConvNetPattern withKernel(int size) {
    return new ConvNetPattern(convolutions, blocks, pooling, hidden, size, filters, units, outputs);
  }

  /** The filters of each block; the last number holds for all blocks that follow. */
  public ConvNetPattern withFilters(long... counts) {
    return new ConvNetPattern(
        convolutions, blocks, pooling, hidden, kernel, list(counts), units, outputs);
  }

  /** The units of each hidden layer; the last number holds for all that follow. */
  public ConvNetPattern withUnits(long... counts) {
    return new ConvNetPattern(
        convolutions, blocks, pooling, hidden, kernel, filters, list(counts), outputs);
  }

  /** Another number of outputs. */
  public ConvNetPattern withOutputs(long count) {
    return new ConvNetPattern(convolutions, blocks, pooling, hidden, kernel, filters, units, count);
  }

  /** A model of this form on an input of these dimensions: channels, height, width. */
  public Model build(String name, long... input) {
    return on(Network.named(name).input(input)).build();
  }

  /**
   * Puts the layers on images: {@code conv1_1}, {@code relu1_1}, …, {@code pool1}, …, {@code fc1}.
   */
  public Flow on(Flow x) {
    for (int block = 1; block <= blocks; block++) {
      for (int i = 1; i <= convolutions; i++) {
        String place = block + "_" + i;
        x = x.named("conv" + place).conv2d(at(filters, block), kernel, c -> c.padding(kernel / 2));
        x = x.named("relu" + place).relu();
      }
      if (pooling) {
        x = x.named("pool" + block).maxPool2d(2);
      }
    }
    x = x.named("flatten").flatten();
    for (int i = 1; i <= hidden; i++) {
      x = x.named("fc" + i).dense(at(units, i)).named("relu_fc" + i).relu();
    }
    return x.named("fc" + (hidden + 1)).dense(outputs);
  }

  private static List<Long> list(long... numbers) {
    return LongStream.of(numbers).boxed().toList();
  }

  private static long at(List<Long> numbers, int place) {
    return numbers.get(Math.min(place, numbers.size()) - 1);
  }

  /** The notation that {@link #parse} reads. */
  @Override
  public String toString() {
    String pool = pooling ? " -> POOL" : "";
    return "INPUT -> [[CONV -> RELU]*%d%s]*%d -> [FC -> RELU]*%d -> FC"
        .formatted(convolutions, pool, blocks, hidden);
  }

  /** Writes out what is repeated. */
  private static final class Reader {
    private final String text;
    private final List<String> tokens = new ArrayList<>();
    private int next;

    Reader(String text) {
      this.text = text;
      Matcher m = TOKEN.matcher(text);
      int at = 0;
      while (m.find() && m.start() == at) {
        tokens.add(m.group(1).replace("→", "->").replace(" ", ""));
        at = m.end();
      }
      if (at != text.length()) {
        throw new IllegalArgumentException(
            "pattern '"
                + text
                + "' cannot be read from '"
                + text.substring(at)
                + "' on; it may hold INPUT, CONV, RELU, POOL, FC, ->, [ ] and *NUMBER");
      }
    }

    List<String> read() {
      List<String> all = chain();
      if (next != tokens.size()) {
        throw new IllegalArgumentException("pattern '" + text + "' has a ] too many");
      }
      return all;
    }

    private List<String> chain() {
      List<String> all = new ArrayList<>(step());
      while (next < tokens.size() && tokens.get(next).equals("->")) {
        next++;
        add(all, step());
      }
      return all;
    }

    private List<String> step() {
      String token = next < tokens.size() ? tokens.get(next) : "";
      if (token.isEmpty() || token.equals("->") || token.equals("]") || token.startsWith("*")) {
        throw new IllegalArgumentException(
            "pattern '" + text + "' has no layer where one belongs, at token " + (next + 1));
      }
      next++;
      if (!token.equals("[")) {
        return List.of(token);
      }
      List<String> inner = chain();
      if (next >= tokens.size() || !tokens.get(next).equals("]")) {
        throw new IllegalArgumentException("pattern '" + text + "' lacks a ]");
      }
      next++;
      int times = 1;
      if (next < tokens.size() && tokens.get(next).startsWith("*")) {
        times = count(tokens.get(next++).substring(1));
      }
      List<String> all = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        add(all, inner);
      }
      return all;
    }

    private void add(List<String> all, List<String> more) {
      all.addAll(more);
      if (all.size() > 3 * MOST) {
        throw new IllegalArgumentException(
            "pattern '" + text + "' has more than " + MOST + " layers; choose smaller numbers");
      }
    }

    private int count(String digits) {
      if (digits.length() > 3) {
        throw new IllegalArgumentException(
            "pattern '" + text + "' repeats something " + digits + " times; at most 999");
      }
      return Integer.parseInt(digits);
    }
  }
}
