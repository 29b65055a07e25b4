package dev.archive.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a file stands in its batch: {@code /letters/1871/may.tif}. It starts with a slash, has no
 * empty, {@code .} or {@code ..} segment, no control character, and is valid Unicode. It is kept
 * exactly as given: no case or normalisation form is changed. Paths order by their UTF-8 bytes,
 * which is the order of their code points.
 */
public final class LogicalPath implements Comparable<LogicalPath> {
  private static final int MAX_BYTES = 4096;
  private final String value;

  private LogicalPath(String value) {
    this.value = value;
  }

  /**
   * Checks and wraps a path.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} with what is wrong with it
   */
  public static LogicalPath parse(@Nullable String text) {
    if (text == null || !text.startsWith("/")) {
      throw invalid(text, "it does not start with /");
    }
    for (int from = 1, to; from <= text.length(); from = to + 1) {
      to = text.indexOf('/', from);
      to = to < 0 ? text.length() : to;
      if (from == to) {
        throw invalid(text, "it has an empty segment");
      }
      if (text.charAt(from) == '.'
          && (to - from == 1 || to - from == 2 && text.charAt(from + 1) == '.')) {
        throw invalid(text, "it has a segment " + text.substring(from, to));
      }
    }
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        throw invalid(text, "it has a control character");
      }
    }
    if (!Text.isUnicode(text)) {
      throw invalid(text, "it is not valid Unicode");
    }
    if (text.length() > MAX_BYTES / 3 && text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw invalid(text, "it is longer than " + MAX_BYTES + " bytes");
    }
    return new LogicalPath(text);
  }

  /**
   * A path below {@code rootPath} ({@code /} or {@code /a/b}), from a relative path with slashes.
   */
  public static LogicalPath under(String rootPath, String relative) {
    return parse((rootPath.equals("/") ? "" : rootPath) + "/" + relative);
  }

  /** The last segment. */
  public String fileName() {
    return value.substring(value.lastIndexOf('/') + 1);
  }

  /** The path without its leading slash, as it stands below a directory. */
  public String relative() {
    return value.substring(1);
  }

  /** The segments, first to last. */
  public String[] segments() {
    return relative().split("/", -1);
  }

  @Override
  public int compareTo(LogicalPath other) {
    return Arrays.compareUnsigned(
        value.getBytes(StandardCharsets.UTF_8), other.value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LogicalPath path && path.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value;
  }

  private static ArchiveException invalid(@Nullable String text, String why) {
    return new ArchiveException(
        ErrorCode.INVALID_REQUEST, "not a path for the archive, " + why + ": " + Text.quote(text));
  }
}
