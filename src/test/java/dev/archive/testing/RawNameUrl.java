package dev.archive.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Imitates how existing deployments make a URL of a name: the raw name is pasted into a string that
 * the URL parser of the web platform reads. So {@code #} cuts it, {@code ?} begins a query, a
 * backslash is a slash, {@code ..} and {@code %2e%2e} climb, and a percent sign is left as it is.
 * Spaces, letters outside ASCII and a few marks are percent-encoded; brackets are not.
 *
 * @param path as the parser makes it
 * @param query begun by the name itself, else empty
 * @param fragment what a {@code #} cut off with the {@code #}, else empty
 */
record RawNameUrl(String path, String query, String fragment) {
  private static final String ENCODED = " \"<>^`{}";

  static RawNameUrl parse(String raw) {
    int hash = raw.indexOf('#');
    String fragment = hash < 0 ? "" : encode(raw.substring(hash));
    String rest = hash < 0 ? raw : raw.substring(0, hash);
    int mark = rest.indexOf('?');
    String query = mark < 0 ? "" : encode(rest.substring(mark + 1));
    return new RawNameUrl(path(mark < 0 ? rest : rest.substring(0, mark)), query, fragment);
  }

  /** The whole URL, with parameters of the server's own. */
  String with(String origin, String parameters) {
    return origin + path + "?" + (query.isEmpty() ? "" : query + "&") + parameters + fragment;
  }

  /** Decodes as object storage does: a plus sign is a plus sign, a bare percent sign stays. */
  static String decode(String path) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(path.length());
    byte[] in = path.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < in.length; i++) {
      int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(in[i + 2], 16);
      if (low < 0) {
        bytes.write(in[i]);
      } else {
        bytes.write(high << 4 | low);
        i += 2;
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static String path(String raw) {
    Deque<String> segments = new ArrayDeque<>();
    String[] given = raw.replace('\\', '/').substring(1).split("/", -1);
    for (int i = 0; i < given.length; i++) {
      String plain = given[i].toLowerCase(Locale.ROOT).replace("%2e", ".");
      boolean dots = plain.equals(".") || plain.equals("..");
      if (plain.equals("..")) {
        segments.pollLast();
      }
      if (!dots) {
        segments.add(encode(given[i]));
      } else if (i == given.length - 1) {
        segments.add("");
      }
    }
    return "/" + String.join("/", segments);
  }

  private static String encode(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b < ' ' || b == 0x7f || ENCODED.indexOf(b) >= 0) {
        out.append(String.format("%%%02X", b & 0xff));
      } else {
        out.append((char) b);
      }
    }
    return out.toString();
  }
}
