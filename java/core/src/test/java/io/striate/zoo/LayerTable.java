package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.nn.Summary;
import io.striate.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tables of layers as papers and notes give them, one line per layer:
 *
 * <pre>{@code
 * layer | output, HxWxC | parameters | memory in values | multiply-adds
 * }</pre>
 *
 * <p>Numbers are sums of products, {@code 96*11*11*3+96}; an empty column is 0, an empty column of
 * memory the size of the output. Layers that a table leaves out must be made in place: no
 * parameters, no memory, no products.
 */
final class LayerTable {
  private LayerTable() {}

  /** A sum of products. */
  static long value(String expression) {
    return Arrays.stream(expression.replaceAll("[\\s,()]", "").split("\\+", -1))
        .mapToLong(
            product ->
                Arrays.stream(product.split("\\*", -1))
                    .mapToLong(Long::parseLong)
                    .reduce(1, Math::multiplyExact))
        .sum();
  }

  /** HxWxC, LxC or C of a shape N, C, …. */
  static String output(Shape shape) {
    StringBuilder out = new StringBuilder();
    for (int i = 2; i < shape.rank(); i++) {
      out.append(shape.dim(i)).append('x');
    }
    return out.append(shape.dim(1)).toString();
  }

  /** Compares every layer, and the totals with the sums of the lines. */
  static void check(Summary summary, String table) {
    Map<String, String> expected = new LinkedHashMap<>();
    long parameters = 0;
    long memory = 0;
    long macs = 0;
    for (String line : table.lines().toList()) {
      String[] c = line.split("\\|", -1);
      String output = c[1].strip();
      long size = value(output.replace('x', '*'));
      long p = column(c, 2, 0);
      long m = column(c, 3, size);
      long a = column(c, 4, 0);
      expected.put(c[0].strip(), row(output, p, m, a));
      parameters += p;
      memory += m;
      macs += a;
    }
    for (Summary.Row row : summary.rows()) {
      String found = row(output(row.output()), row.parameters(), row.memory(), row.macs());
      String wanted = expected.remove(row.layer());
      if (wanted == null) {
        wanted = row(output(row.output()), 0, 0, 0);
      }
      assertEquals(wanted, found, row.layer());
    }
    assertTrue(expected.isEmpty(), "layers that are missing: " + expected.keySet());
    assertEquals(parameters, summary.parameters());
    assertEquals(memory, summary.memory());
    assertEquals(macs, summary.macs());
  }

  private static long column(String[] columns, int i, long otherwise) {
    boolean empty = i >= columns.length || columns[i].isBlank();
    return empty ? otherwise : value(columns[i]);
  }

  private static String row(String output, long parameters, long memory, long macs) {
    return "%s, %d parameters, %d values, %d multiply-adds"
        .formatted(output, parameters, memory, macs);
  }
}
