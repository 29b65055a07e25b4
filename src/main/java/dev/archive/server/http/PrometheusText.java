package dev.archive.server.http;

import dev.archive.ledger.Histogram;
import java.util.Locale;

/** Figures in Prometheus' text format, version 0.0.4. */
final class PrometheusText {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder text = new StringBuilder(1 << 13);
  private String name;

  /** Begins a figure that only grows. */
  PrometheusText counter(String named, String help) {
    return begin(named, help, "counter");
  }

  /** Begins a figure that goes up and down. */
  PrometheusText gauge(String named, String help) {
    return begin(named, help, "gauge");
  }

  private PrometheusText begin(String named, String help, String type) {
    name = named;
    text.append("# HELP ").append(named).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(named).append(' ').append(type).append('\n');
    return this;
  }

  /**
   * Adds a value of the figure that was begun.
   *
   * @param labels names and values by turns
   */
  void with(double value, String... labels) {
    sample("", value, labels);
  }

  /** Adds the value of a route. */
  void of(Route route, double value) {
    with(value, "method", route.method(), "route", route.path());
  }

  /**
   * Adds a whole histogram.
   *
   * @param unit how many units of its values make one of the figure
   */
  void histogram(String named, String help, Histogram values, double unit) {
    begin(named, help, "histogram");
    long below = 0;
    for (int i = 0; i < values.bounded(); i++) {
      below += values.count(i);
      sample("_bucket", (double) below, "le", number(values.bound(i) / unit));
    }
    long all = below + values.count(values.bounded());
    sample("_bucket", (double) all, "le", "+Inf");
    sample("_sum", values.sum() / unit);
    sample("_count", (double) all);
  }

  private void sample(String ending, double value, String... labels) {
    text.append(name).append(ending);
    for (int i = 0; i < labels.length; i += 2) {
      text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      text.append(escaped(labels[i + 1])).append('"');
    }
    text.append(labels.length > 0 ? "} " : " ").append(number(value)).append('\n');
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1L << 53
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.9f", value).replaceAll("0+$", "");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
