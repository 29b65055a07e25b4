package dev.archive.client.state;

/** Foreign text in HTML and XML. */
final class Markup {
  private Markup() {}

  /** The text as character data or in an attribute; what no XML may hold is written \\uXXXX. */
  static String text(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> {
                  if (isIllegal(c)) {
                    out.append(String.format("\\u%04x", c));
                  } else {
                    out.appendCodePoint(c);
                  }
                }
              }
            });
    return out.toString();
  }

  private static boolean isIllegal(int c) {
    return c < ' ' && c != '\n' && c != '\t'
        || c >= 0x7f && c < 0xa0
        || c >= 0xd800 && c < 0xe000
        || (c & 0xfffe) == 0xfffe;
  }
}
