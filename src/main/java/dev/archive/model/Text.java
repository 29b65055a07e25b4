package dev.archive.model;

/** Text from outside, made fit to be shown to a person. */
public final class Text {
  private static final int LONGEST = 300;

  private Text() {}

  /**
   * The text with control characters, bidirectional marks and broken surrogates escaped as {@code
   * \\uXXXX}.
   */
  public static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (isUnsafe(c)) {
                out.append(String.format("\\u%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }

  /** The text printable, in double quotes and cut to a length that a line can bear. */
  public static String quote(String text) {
    if (text == null) {
      return "nothing";
    }
    String cut = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    return '"' + printable(cut) + '"';
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

  private static boolean isUnsafe(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.SURROGATE
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
