package dev.archive.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * Start line and headers of a message, read only as far as a proxy must.
 *
 * @param bytes exactly as received
 * @param opaque whether this is no head we understand; it is then passed on as it is
 */
record HttpHead(byte[] bytes, String text, boolean opaque) {

  /** How a body ends. {@code length} counts for {@link Kind#LENGTH} only. */
  record Framing(Kind kind, long length) {
    enum Kind {
      LENGTH,
      CHUNKED,
      UNTIL_CLOSE
    }

    static final Framing NONE = new Framing(Kind.LENGTH, 0);
    static final Framing CHUNKED = new Framing(Kind.CHUNKED, -1);
    static final Framing UNTIL_CLOSE = new Framing(Kind.UNTIL_CLOSE, -1);

    /** Returns the length of the body, or -1 if only its end will tell. */
    long known() {
      return kind == Kind.LENGTH ? length : -1;
    }
  }

  static HttpHead of(byte[] bytes, boolean complete) {
    String text = new String(bytes, ISO_8859_1).strip();
    return new HttpHead(bytes, text, !complete || startLine(text).split(" ").length < 2);
  }

  String method() {
    return part(0);
  }

  /** Returns "METHOD target". */
  String requestLine() {
    return part(0) + " " + part(1);
  }

  /** Returns the status, or 0 if there is none. */
  int status() {
    String status = part(1);
    return status.matches("[1-9][0-9]{2}") ? Integer.parseInt(status) : 0;
  }

  boolean isInterim() {
    return !opaque && status() >= 100 && status() < 200 && status() != 101;
  }

  boolean wantsClose() {
    return header("connection").equalsIgnoreCase("close") || startLine(text).endsWith("/1.0");
  }

  Framing requestFraming() {
    return opaque ? Framing.UNTIL_CLOSE : framing(Framing.NONE);
  }

  Framing responseFraming(String requestMethod) {
    int status = status();
    if (opaque || status == 0 || status == 101) {
      return Framing.UNTIL_CLOSE;
    }
    if (requestMethod.equals("HEAD") || status == 204 || status == 304) {
      return Framing.NONE;
    }
    return framing(Framing.UNTIL_CLOSE);
  }

  /** Returns the first value of a header, or an empty text. */
  String header(String lowerCaseName) {
    for (String line : text.split("\r?\n")) {
      int colon = line.indexOf(':');
      if (colon == lowerCaseName.length() && line.regionMatches(true, 0, lowerCaseName, 0, colon)) {
        return line.substring(colon + 1).strip();
      }
    }
    return "";
  }

  private Framing framing(Framing otherwise) {
    String coding = header("transfer-encoding");
    if (!coding.isEmpty()) {
      return coding.equalsIgnoreCase("chunked") ? Framing.CHUNKED : Framing.UNTIL_CLOSE;
    }
    String length = header("content-length");
    if (length.isEmpty()) {
      return otherwise;
    }
    return length.matches("[0-9]{1,18}")
        ? new Framing(Framing.Kind.LENGTH, Long.parseLong(length))
        : Framing.UNTIL_CLOSE;
  }

  private String part(int index) {
    String[] parts = startLine(text).split(" ");
    return index < parts.length ? parts[index] : "";
  }

  private static String startLine(String text) {
    return text.lines().findFirst().orElse("");
  }
}
