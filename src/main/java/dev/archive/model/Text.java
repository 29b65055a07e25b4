package dev.archive.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Text from outside, made fit to be shown to a person: what a server, a file's name or a setting
 * says reaches a terminal only through here.
 */
public final class Text {
  private static final int MAX_CHARS = 300;
  private static final int MAX_LINE_CHARS = 5000;

  private Text() {}

  /**
   * The text with everything escaped as {@code \\uXXXX} that a terminal may obey, or that shows
   * something else than it is: control characters, bidirectional and invisible marks, ends of
   * lines, and broken surrogates. Where there is none, the same text.
   */
  public static String escaped(String text) {
    int safe = 0;
    while (safe < text.length() && !isSuspect(text.charAt(safe))) {
      safe++;
    }
    return safe == text.length() ? text : escapedFrom(text, safe);
  }

  private static String escapedFrom(String text, int safe) {
    StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, safe);
    for (int i = safe; i < text.length(); ) {
      int c = text.codePointAt(i);
      int next = i + Character.charCount(c);
      if (isUnsafe(c)) {
        for (; i < next; i++) {
          out.append(String.format(Locale.ROOT, "\\u%04x", (int) text.charAt(i)));
        }
      } else {
        out.append(text, i, next);
      }
      i = next;
    }
    return out.toString();
  }

  /** The text escaped; "nothing" for null. */
  public static String printable(@Nullable String text) {
    return text == null ? "nothing" : escaped(text);
  }

  /** What a stranger said: escaped, and cut to a length that a line can bear. */
  public static String brief(String text) {
    return cut(text, MAX_CHARS);
  }

  /** A message as one line, however it came about. */
  public static String line(String message) {
    return cut(message.replaceAll("\\s*\n\\s*", " "), MAX_LINE_CHARS);
  }

  private static String cut(String text, int chars) {
    if (text == null || text.length() <= chars) {
      return printable(text);
    }
    int end = Character.isHighSurrogate(text.charAt(chars - 1)) ? chars - 1 : chars;
    return escaped(text.substring(0, end)) + "…";
  }

  /** The same, in double quotes. */
  public static String quote(@Nullable String text) {
    return text == null ? "nothing" : '"' + brief(text) + '"';
  }

  /** Whether it is valid Unicode: no half of a surrogate pair stands alone. */
  public static boolean isUnicode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** Whether a closer look is due: of plain text only the halves of pairs get one. */
  private static boolean isSuspect(char c) {
    return c < ' ' || c > '~' && isUnsafe(c);
  }

  private static boolean isUnsafe(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.SURROGATE
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
