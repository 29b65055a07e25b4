package dev.archive.server.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which bytes of a file are asked for.
 *
 * @param from the first, counted from 0
 * @param to the one behind the last
 * @param size of the whole file
 */
record ByteRange(long from, long to, long size) {
  private static final Pattern SINGLE =
      Pattern.compile(" *bytes *= *([0-9]{0,18})-([0-9]{0,18}) *", Pattern.CASE_INSENSITIVE);

  static ByteRange whole(long size) {
    return new ByteRange(0, size, size);
  }

  /**
   * Reads the header of that name (RFC 9110, 14.2).
   *
   * @return all of the file where there is no single range of bytes that can be read; null where
   *     none of the bytes asked for is there
   */
  static ByteRange parse(String header, long size) {
    Matcher single = SINGLE.matcher(header);
    if (!single.matches() || single.group(1).isEmpty() && single.group(2).isEmpty()) {
      return whole(size);
    }
    if (single.group(1).isEmpty()) {
      long last = Long.parseLong(single.group(2));
      return last == 0 || size == 0 ? null : new ByteRange(Math.max(0, size - last), size, size);
    }
    long from = Long.parseLong(single.group(1));
    long to = single.group(2).isEmpty() ? size : 1 + Long.parseLong(single.group(2));
    if (to <= from && !single.group(2).isEmpty()) {
      return whole(size);
    }
    return from >= size ? null : new ByteRange(from, Math.min(to, size), size);
  }

  long length() {
    return to - from;
  }

  boolean isWhole() {
    return from == 0 && to == size;
  }

  /** As the header {@code Content-Range} has it. */
  @Override
  public String toString() {
    return "bytes " + from + "-" + (to - 1) + "/" + size;
  }
}
