package dev.archive.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
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
   * One line.
   *
   * @param mtime ISO-8601 in UTC
   * @param mode octal digits
   */
  @JsonInclude(Include.NON_NULL)
  record Line(
      String path,
      String kind,
      String mtime,
      String mode,
      String owner,
      String group,
      String linkTarget) {

    Attributes attributes() {
      return new Attributes(
          path, Attributes.Kind.parse(kind), instant(), bits(), owner, group, linkTarget);
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

  /** The line of one name, with its end. */
  public static byte[] line(Attributes of) {
    return (Json.text(
                new Line(
                    of.path(),
                    of.kind().toString(),
                    of.modified().toString(),
                    String.format("%04o", of.mode()),
                    of.owner(),
                    of.group(),
                    of.linkTarget()))
            + "\n")
        .getBytes(StandardCharsets.UTF_8);
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
