package dev.archive.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.regex.Pattern;

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
        out.writeStringField("mtime", time(of.modified()));
        out.writeStringField("mode", mode(of.mode()));
        optional("owner", of.owner());
        optional("group", of.group());
        optional("link_target", of.linkTarget());
        optional("hard_link", of.hardLink());
        out.writeEndObject();
        out.flush();
      } catch (IOException e) {
        throw new IllegalStateException("a text in memory cannot fail to be written", e);
      }
      String line = Text.escaped(text.toString()) + "\n";
      text.getBuffer().setLength(0);
      return line.getBytes(StandardCharsets.UTF_8);
    }

    private void optional(String name, String value) throws IOException {
      if (value != null) {
        out.writeStringField(name, value);
      }
    }
  }

  /** As {@link Instant#toString} has it, which asks a formatter and takes many times as long. */
  static String time(Instant instant) {
    String time =
        LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC)
            .toString();
    boolean hasSeconds = time.indexOf(':', time.indexOf(':') + 1) > 0;
    return time + (hasSeconds ? "Z" : ":00Z");
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
    int from = 0;
    for (int at = 0; at < lines.length; at++) {
      if (lines[at] == '\n') {
        each.accept(parse(lines, from, at));
        from = at + 1;
      }
    }
    if (from < lines.length) {
      throw invalid("the last line of the attributes has no end", null);
    }
  }

  /**
   * One line.
   *
   * @param mtime ISO-8601 in UTC
   * @param mode octal digits
   */
  record Line(
      String path,
      String kind,
      String mtime,
      String mode,
      String owner,
      String group,
      String linkTarget,
      String hardLink) {

    Attributes attributes() {
      return new Attributes(
          path, Attributes.Kind.parse(kind), instant(), bits(), owner, group, linkTarget, hardLink);
    }

    private Instant instant() {
      try {
        return Instant.parse(mtime == null ? "" : mtime);
      } catch (DateTimeException e) {
        throw invalid("an mtime is no time in ISO-8601", e);
      }
    }

    private int bits() {
      if (mode == null || !MODE.matcher(mode).matches()) {
        throw invalid("a mode is not 0 to 7777", null);
      }
      return Integer.parseInt(mode, 8);
    }
  }

  private static Attributes parse(byte[] lines, int from, int to) {
    Line line = Json.read(Arrays.copyOfRange(lines, from, to), Line.class);
    if (line == null) {
      throw invalid("a line of the attributes is no object", null);
    }
    return line.attributes();
  }

  private static ArchiveException invalid(String why, Exception cause) {
    return new ArchiveException(ErrorCode.INVALID_REQUEST, why, cause);
  }
}
