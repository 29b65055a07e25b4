package dev.archive.wire;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.ErrorCode;
import dev.archive.model.IsoTime;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The document of a batch's attributes: one JSON object per line, each line with its end. It is
 * sent in pages of whole lines, and becomes the tag file {@code attributes.jsonl}.
 */
public final class AttributeLines {
  /** The most bytes of one page. */
  public static final int MAX_PAGE_BYTES = 1 << 20;

  /** The most pages of one batch: 2 GiB. */
  public static final int MAX_PAGES = 2048;

  private static final Pattern MODE = Pattern.compile("[0-7]{1,5}");

  private AttributeLines() {}

  /**
   * Makes lines of attributes. All with one generator: to fill a record by its names takes a cold
   * JVM four times as long, and each file that is archived has a line. For one thread.
   */
  public static final class Writer {
    private final StringWriter text = new StringWriter(256);
    private final JsonGenerator out = Json.lines(text);

    /** The line of one name, with its end. */
    public byte[] line(Attributes of) {
      try {
        out.writeStartObject();
        out.writeStringField("path", of.path());
        out.writeStringField("kind", of.kind().toString());
        out.writeStringField("mtime", IsoTime.text(of.modified()));
        out.writeStringField("mode", mode(of.mode()));
        Json.writeIfPresent(out, "owner", of.owner());
        Json.writeIfPresent(out, "group", of.group());
        Json.writeIfPresent(out, "link_target", of.linkTarget());
        Json.writeIfPresent(out, "hard_link", of.hardLink());
        if (!of.xattrs().isEmpty()) {
          out.writeObjectFieldStart("xattrs");
          for (Map.Entry<String, String> each : of.xattrs().entrySet()) {
            out.writeStringField(each.getKey(), each.getValue());
          }
          out.writeEndObject();
        }
        out.writeEndObject();
        out.flush();
      } catch (IOException e) {
        throw new IllegalStateException("a text in memory cannot fail to be written", e);
      }
      String line = Text.escaped(text.toString()) + "\n";
      text.getBuffer().setLength(0);
      return line.getBytes(StandardCharsets.UTF_8);
    }
  }

  private static String mode(int mode) {
    String octal = Integer.toOctalString(mode);
    return "0".repeat(Math.max(0, 4 - octal.length())) + octal;
  }

  /**
   * Reads whole lines.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} at the first line that is not as it
   *     must be
   */
  public static void read(byte[] lines, Consumer<Attributes> each) {
    String text = Json.utf8(lines);
    int from = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      each.accept(parse(text.substring(from, end)));
      from = end + 1;
    }
    if (from < text.length()) {
      throw invalid("the last line of the attributes has no end", null);
    }
  }

  /** Token by token, for the same reason as {@link Writer}. What it does not know it skips. */
  private static Attributes parse(String line) {
    try (JsonParser in = Json.parser(line)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw invalid("a line of the attributes is no object", null);
      }
      Attributes of = members(in);
      if (in.nextToken() != null) {
        throw invalid("text follows the object in a line of the attributes", null);
      }
      return of;
    } catch (JacksonException e) {
      throw invalid(JsonFaults.explain(e), e);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory cannot fail to be read", e);
    }
  }

  private static Attributes members(JsonParser in) throws IOException {
    String path = null;
    String kind = null;
    String modified = null;
    String mode = null;
    String owner = null;
    String group = null;
    String linkTarget = null;
    String hardLink = null;
    SortedMap<String, String> xattrs = Collections.emptySortedMap();
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      in.nextToken();
      switch (name) {
        case "path" -> path = string(name, in);
        case "kind" -> kind = string(name, in);
        case "mtime" -> modified = string(name, in);
        case "mode" -> mode = string(name, in);
        case "owner" -> owner = string(name, in);
        case "group" -> group = string(name, in);
        case "link_target" -> linkTarget = string(name, in);
        case "hard_link" -> hardLink = string(name, in);
        case "xattrs" -> xattrs = xattrs(in);
        default -> in.skipChildren();
      }
    }
    if (path == null) {
      throw invalid("a line of the attributes has no path", null);
    }
    return new Attributes(
        path,
        Attributes.Kind.parse(kind),
        instant(modified),
        bits(mode),
        owner,
        group,
        linkTarget,
        hardLink,
        xattrs);
  }

  private static SortedMap<String, String> xattrs(JsonParser in) throws IOException {
    if (!in.hasToken(JsonToken.START_OBJECT)) {
      throw invalid("xattrs is not an object", null);
    }
    SortedMap<String, String> xattrs = new TreeMap<>();
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      in.nextToken();
      String value = string("an extended attribute", in);
      if (value == null) {
        throw invalid("an extended attribute is not a string", null);
      }
      xattrs.put(name, value);
    }
    return Collections.unmodifiableSortedMap(xattrs);
  }

  private static @Nullable String string(String name, JsonParser in) throws IOException {
    if (in.hasToken(JsonToken.VALUE_NULL)) {
      return null;
    }
    if (!in.hasToken(JsonToken.VALUE_STRING)) {
      throw invalid(name + " is not a string", null);
    }
    String text = in.getText();
    if (!Text.isUnicode(text)) {
      throw invalid(JsonFaults.NOT_UNICODE, null);
    }
    return text;
  }

  /** From ISO-8601 in UTC. */
  private static Instant instant(@Nullable String text) {
    try {
      return IsoTime.parse(text == null ? "" : text);
    } catch (DateTimeException e) {
      throw invalid("an mtime is no time in ISO-8601", e);
    }
  }

  /** From octal digits. */
  private static int bits(@Nullable String mode) {
    if (mode == null || !MODE.matcher(mode).matches()) {
      throw invalid("a mode is not 0 to 7777", null);
    }
    return Integer.parseInt(mode, 8);
  }

  private static ArchiveException invalid(String why, @Nullable Exception cause) {
    return new ArchiveException(ErrorCode.INVALID_REQUEST, why, cause);
  }
}
