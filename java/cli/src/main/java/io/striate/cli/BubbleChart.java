package io.striate.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A chart of labelled circles over two logarithmic axes, as an SVG picture. Circle areas are
 * proportional to a third quantity; colours tell groups apart; labels avoid each other.
 */
final class BubbleChart {
  private static final double WIDTH = 1280;
  private static final double HEIGHT = 860;
  private static final double LEFT = 90;
  private static final double RIGHT = 170;
  private static final double TOP = 60;
  private static final double BOTTOM = 80;
  private static final double LARGEST_RADIUS = 46;
  private static final double SMALLEST_RADIUS = 2;
  private static final double LETTER = 6.4;
  private static final double LINE = 13;
  private static final int TURNS = 16;
  private static final List<String> COLOURS =
      List.of(
          "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf",
          "#7f7f7f", "#bcbd22", "#003f5c", "#f0027f");

  /** A circle: all three quantities are positive. */
  record Bubble(String label, String group, double x, double y, double size) {}

  /** A rectangle that is taken. */
  private record Box(double x, double y, double width, double height) {
    boolean overlaps(Box other) {
      return x < other.x + other.width
          && other.x < x + width
          && y < other.y + other.height
          && other.y < y + height;
    }

    boolean isInside() {
      return x > LEFT && x + width < WIDTH - RIGHT && y > TOP && y + height < HEIGHT - BOTTOM;
    }
  }

  private final List<Bubble> bubbles;
  private final List<String> groups;
  private final Axis horizontal;
  private final Axis vertical;
  private final double largest;
  private final StringBuilder svg = new StringBuilder();

  private BubbleChart(List<Bubble> bubbles) {
    this.bubbles =
        bubbles.stream().sorted(Comparator.comparingDouble((Bubble b) -> -b.size())).toList();
    groups = bubbles.stream().map(Bubble::group).distinct().toList();
    horizontal = Axis.of(bubbles.stream().mapToDouble(Bubble::x).toArray());
    vertical = Axis.of(bubbles.stream().mapToDouble(Bubble::y).toArray());
    largest = bubbles.stream().mapToDouble(Bubble::size).max().orElse(1);
  }

  /** A logarithmic axis with some room at both ends. */
  private record Axis(double low, double high) {
    static Axis of(double[] values) {
      double low = Double.POSITIVE_INFINITY;
      double high = 0;
      for (double v : values) {
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
      return new Axis(low / 1.6, high * 2);
    }

    double share(double v) {
      return Math.log(v / low) / Math.log(high / low);
    }

    /** 1, 2 and 5 times the powers of ten that lie within; only the powers on a long axis. */
    List<Double> ticks() {
      List<Double> ticks = new ArrayList<>();
      int[] steps = high / low > 3000 ? new int[] {1} : new int[] {1, 2, 5};
      for (int e = (int) Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
        for (int step : steps) {
          double v = step * Math.pow(10, e);
          if (v >= low && v <= high) {
            ticks.add(v);
          }
        }
      }
      return ticks;
    }
  }

  /**
   * The picture as SVG text.
   *
   * @param sizeTitle what the area of a circle stands for, {@code %s} being the largest
   */
  static String svg(
      String title, String xTitle, String yTitle, String sizeTitle, List<Bubble> bubbles) {
    BubbleChart chart = new BubbleChart(bubbles);
    chart.open(title);
    chart.axes(xTitle, yTitle);
    chart.circles();
    chart.labels();
    chart.legend(sizeTitle);
    return chart.svg.append("</svg>\n").toString();
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a run-time dependency
  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void open(String title) {
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\""
            + " height=\"%.0f\" font-family=\"sans-serif\" font-size=\"11\">",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    add("<text x=\"%.0f\" y=\"32\" font-size=\"20\">%s</text>", LEFT, escape(title));
  }

  private double x(double v) {
    return LEFT + horizontal.share(v) * (WIDTH - LEFT - RIGHT);
  }

  private double y(double v) {
    return HEIGHT - BOTTOM - vertical.share(v) * (HEIGHT - TOP - BOTTOM);
  }

  private double radius(Bubble b) {
    return Math.max(SMALLEST_RADIUS, LARGEST_RADIUS * Math.sqrt(b.size() / largest));
  }

  private String colour(String group) {
    return COLOURS.get(groups.indexOf(group) % COLOURS.size());
  }

  private void axes(String xTitle, String yTitle) {
    double bottom = HEIGHT - BOTTOM;
    for (double tick : horizontal.ticks()) {
      double at = x(tick);
      line(at, TOP, at, bottom, "#e4e4e4");
      text(at, bottom + 18, "middle", number(tick));
    }
    for (double tick : vertical.ticks()) {
      double at = y(tick);
      line(LEFT, at, WIDTH - RIGHT, at, "#e4e4e4");
      text(LEFT - 8, at + 4, "end", number(tick));
    }
    line(LEFT, bottom, WIDTH - RIGHT, bottom, "#444444");
    line(LEFT, TOP, LEFT, bottom, "#444444");
    add(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"14\">%s</text>",
        (LEFT + WIDTH - RIGHT) / 2, bottom + 42, escape(xTitle));
    add(
        "<text transform=\"translate(24 %.1f) rotate(-90)\" text-anchor=\"middle\""
            + " font-size=\"14\">%s</text>",
        (TOP + bottom) / 2, escape(yTitle));
  }

  private void line(double x1, double y1, double x2, double y2, String colour) {
    add(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>",
        x1, y1, x2, y2, colour);
  }

  private void text(double x, double y, String anchor, String text) {
    add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y, anchor, escape(text));
  }

  private void circles() {
    for (Bubble b : bubbles) {
      add(
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.45\""
              + " stroke=\"%s\"/>",
          x(b.x()), y(b.y()), radius(b), colour(b.group()), colour(b.group()));
    }
  }

  /** Labels go to the first free place around their circle, farther and farther out. */
  private void labels() {
    List<Box> taken = new ArrayList<>();
    for (Bubble b : bubbles.reversed()) {
      double w = b.label().length() * LETTER;
      Box best = place(b, w, taken);
      taken.add(best);
      double cx = x(b.x());
      double cy = y(b.y());
      double nearX = Math.clamp(cx, best.x, best.x + best.width);
      double nearY = Math.clamp(cy, best.y, best.y + best.height);
      if (Math.hypot(nearX - cx, nearY - cy) > radius(b) + 8) {
        line(cx, cy, nearX, nearY, "#999999");
      }
      text(best.x, best.y + LINE - 3, "start", b.label());
    }
  }

  /** The nearest place that no label and no other circle takes, or else that no label takes. */
  private Box place(Bubble b, double width, List<Box> taken) {
    Box box = around(b, width, 4, 0);
    for (int most : new int[] {150, (int) HEIGHT}) {
      for (double distance = 4; distance < most; distance += 9) {
        for (int turn = 0; turn < TURNS; turn++) {
          box = around(b, width, distance, turn);
          boolean free = box.isInside() && taken.stream().noneMatch(box::overlaps);
          if (free && (most > 150 || !coversCircle(box, b))) {
            return box;
          }
        }
      }
    }
    return box;
  }

  private boolean coversCircle(Box box, Bubble own) {
    return bubbles.stream()
        .filter(b -> !b.equals(own))
        .anyMatch(
            b ->
                Math.hypot(
                        Math.clamp(x(b.x()), box.x, box.x + box.width) - x(b.x()),
                        Math.clamp(y(b.y()), box.y, box.y + box.height) - y(b.y()))
                    < radius(b));
  }

  /** The place for a label at some distance from the circle; turn 0 is to the right of it. */
  private Box around(Bubble b, double width, double distance, int turn) {
    double angle = turn * 2 * Math.PI / TURNS;
    double px = x(b.x()) + (radius(b) + distance) * Math.cos(angle);
    double py = y(b.y()) - (radius(b) + distance) * Math.sin(angle);
    return new Box(px - width * (1 - Math.cos(angle)) / 2, py - LINE / 2, width, LINE);
  }

  private void legend(String sizeTitle) {
    text(LEFT, HEIGHT - 14, "start", String.format(Locale.ROOT, sizeTitle, number(largest)));
    double at = TOP + 8;
    for (String group : groups) {
      add(
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\" fill-opacity=\"0.6\"/>",
          WIDTH - RIGHT + 20, at, colour(group));
      text(WIDTH - RIGHT + 32, at + 4, "start", group);
      at += 20;
    }
  }

  /** With three digits, more before the point. */
  private static String number(double v) {
    double rounded = new BigDecimal(v).round(new MathContext(3)).doubleValue();
    String text = String.format(Locale.ROOT, v >= 1000 ? "%,.0f" : "%.6f", v >= 1000 ? v : rounded);
    return v >= 1000 ? text : text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
