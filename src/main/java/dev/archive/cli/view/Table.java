package dev.archive.cli.view;

import dev.archive.cli.process.Context;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows under a header. The first rows set the widths, so that any number of them can be printed
 * while they come. On a terminal what does not fit is cut, the last column first; elsewhere nothing
 * is, for other programs read it.
 */
public final class Table implements AutoCloseable {
  private static final int MAX_MEASURED = 1000;
  private static final String GAP = "  ";

  private final Context context;
  private final List<String> header;
  private final List<Boolean> right;
  private final int columns;
  private final List<List<String>> waiting = new ArrayList<>();
  private int @Nullable [] widths;

  /**
   * A table on standard output.
   *
   * @param columns of the terminal; 0 where it is none
   * @param header names of columns; one that begins with {@code >} has its values at the right
   */
  public Table(Context context, int columns, String... header) {
    this.context = context;
    this.columns = columns;
    this.header = new ArrayList<>();
    this.right = new ArrayList<>();
    for (String name : header) {
      right.add(name.startsWith(">"));
      this.header.add(name.startsWith(">") ? name.substring(1) : name);
    }
  }

  /** Adds a row, whose cells are safe to print. */
  public void add(String... cells) {
    List<String> row = List.of(cells);
    if (widths == null) {
      waiting.add(row);
      if (waiting.size() == MAX_MEASURED) {
        measure();
      }
    } else {
      print(row, widths);
    }
  }

  private void measure() {
    int[] widest = new int[header.size()];
    waiting.add(0, header);
    for (List<String> row : waiting) {
      for (int i = 0; i < widest.length; i++) {
        widest[i] = Math.max(widest[i], width(row.get(i)));
      }
    }
    widths = widest;
    waiting.forEach(row -> print(row, widest));
    waiting.clear();
  }

  private void print(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String pad = " ".repeat(Math.max(0, widths[i] - width(row.get(i))));
      line.append(i == 0 ? "" : GAP);
      line.append(right.get(i) ? pad + row.get(i) : row.get(i) + pad);
    }
    String text = line.toString().stripTrailing();
    context.out().println(columns > 0 ? TextWidth.cut(text, columns) : text);
  }

  private static int width(String text) {
    return TextWidth.of(text);
  }

  /** Prints what waits; a table without rows prints nothing. */
  @Override
  public void close() {
    if (widths == null && !waiting.isEmpty()) {
      measure();
    }
  }
}
