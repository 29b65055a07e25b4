package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One row of {@code bad-requests.tsv}. */
record BadRequest(
    String method,
    String target,
    List<String> headers,
    String body,
    int status,
    String code,
    String what) {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]+)}");
  private static final Pattern REPEATED = Pattern.compile("(.+)\\*([0-9]+)");

  static BadRequest parse(String line) {
    String[] columns = line.split("\t", -1);
    if (columns.length != 7) {
      throw new AssertionError("not seven columns: " + line);
    }
    return new BadRequest(
        columns[0],
        columns[1],
        columns[2].isEmpty() ? List.of() : List.of(columns[2].split(" ;; ", -1)),
        columns[3],
        Integer.parseInt(columns[4]),
        columns[5],
        columns[6]);
  }

  /** The bytes to send, with placeholders replaced. */
  byte[] bytes(Map<String, String> values) {
    byte[] content = unescape(fill(body, values));
    List<String> lines = new ArrayList<>();
    lines.add(method + " " + target + (target.contains(" HTTP/") ? "" : " HTTP/1.1"));
    byDefault(lines, "Host", "localhost");
    byDefault(lines, "Connection", "close");
    if (content.length > 0 || method.equals("POST") || method.equals("PUT")) {
      if (headers.stream().noneMatch(header -> header.startsWith("Content-Length"))) {
        byDefault(lines, "Content-Length", String.valueOf(content.length));
      }
    }
    headers.stream().filter(header -> !header.startsWith("-")).forEach(lines::add);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(unescape(fill(String.join("\\r\\n", lines) + "\\r\\n\\r\\n", values)));
    out.writeBytes(content);
    return out.toByteArray();
  }

  private void byDefault(List<String> lines, String name, String value) {
    if (!headers.contains("-" + name)) {
      lines.add(name + ": " + value);
    }
  }

  private static String fill(String text, Map<String, String> values) {
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(
            match -> {
              Matcher repeated = REPEATED.matcher(match.group(1));
              String value =
                  repeated.matches()
                      ? repeated.group(1).repeat(Integer.parseInt(repeated.group(2)))
                      : values.get(match.group(1));
              if (value == null) {
                throw new AssertionError("no value for " + match.group());
              }
              return Matcher.quoteReplacement(value);
            });
  }

  private static byte[] unescape(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int from = 0;
    for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
      out.writeBytes(text.substring(from, at).getBytes(UTF_8));
      from = at + 2;
      switch (text.charAt(at + 1)) {
        case 'r' -> out.write('\r');
        case 'n' -> out.write('\n');
        case '0' -> out.write(0);
        case '\\' -> out.write('\\');
        case 'x' -> {
          out.write(Integer.parseInt(text.substring(at + 2, at + 4), 16));
          from = at + 4;
        }
        default -> throw new AssertionError("no such escape in " + text);
      }
    }
    out.writeBytes(text.substring(from).getBytes(UTF_8));
    return out.toByteArray();
  }

  @Override
  public String toString() {
    return what;
  }
}
