package dev.archive.cli.view;

import org.jline.utils.WCWidth;

/** How many columns of a terminal a text takes: letters of East Asia take two, marks none. */
final class TextWidth {
  private TextWidth() {}

  static int of(String text) {
    return text.codePoints().map(TextWidth::of).sum();
  }

  private static int of(int codePoint) {
    return codePoint < 0x7f ? 1 : Math.max(0, WCWidth.wcwidth(codePoint));
  }

  /** The beginning of a text that fits; where something is cut off, it ends in an ellipsis. */
  static String cut(String text, int columns) {
    if (of(text) <= columns) {
      return text;
    }
    StringBuilder kept = new StringBuilder();
    int width = 1;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      width += of(c);
      if (width > columns) {
        break;
      }
      kept.appendCodePoint(c);
      i += Character.charCount(c);
    }
    return columns < 1 ? "" : kept + "…";
  }

  /** The end of a text that fits: of a path its name says more than where it lies. */
  static String cutStart(String text, int columns) {
    if (of(text) <= columns) {
      return text;
    }
    int start = text.length();
    int width = 1;
    while (start > 0) {
      int c = text.codePointBefore(start);
      width += of(c);
      if (width > columns) {
        break;
      }
      start -= Character.charCount(c);
    }
    return columns < 1 ? "" : "…" + text.substring(start);
  }
}
