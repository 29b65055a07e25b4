package dev.archive.source;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Reads what stands in brackets in a {@link Glob}. */
final class GlobClass {
  private final byte[] pattern;
  private final BitSet bytes;
  private int at;

  /**
   * For a class.
   *
   * @param bytes is given what the class matches
   */
  GlobClass(byte[] pattern, BitSet bytes) {
    this.pattern = pattern;
    this.bytes = bytes;
  }

  /**
   * Reads it.
   *
   * @param from behind the bracket that opens it
   * @return behind the one that closes it; negative where the class is not right, which makes the
   *     whole pattern match nothing
   */
  int read(int from) {
    at = from;
    boolean negated = is('!', at) || is('^', at);
    at += negated ? 1 : 0;
    int before = -1;
    do {
      if (at >= pattern.length) {
        return -1;
      }
      before = member(before);
      if (before == -2) {
        return -1;
      }
      at++;
    } while (!is(']', at));
    if (negated) {
      bytes.flip(0, 256);
    }
    return at + 1;
  }

  /**
   * Takes a member in.
   *
   * @param before the byte before it, from which a range may run; -1 for none
   * @return the byte from which a range may run now; -1 for none; -2 where the class is not right
   */
  private int member(int before) {
    if (is('\\', at)) {
      return single(at + 1);
    }
    if (is('-', at) && before >= 0 && at + 1 < pattern.length && pattern[at + 1] != ']') {
      at = is('\\', at + 1) ? at + 2 : at + 1;
      if (at >= pattern.length) {
        return -2;
      }
      int end = pattern[at] & 0xff;
      if (before <= end) {
        bytes.set(before, end + 1);
      }
      return -1;
    }
    if (is('[', at) && is(':', at + 1)) {
      return named();
    }
    return single(at);
  }

  /** One byte, which becomes the place. */
  private int single(int place) {
    if (place >= pattern.length) {
      return -2;
    }
    at = place;
    int b = pattern[place] & 0xff;
    bytes.set(b);
    return b;
  }

  private int named() {
    int begin = at + 2;
    int end = begin;
    while (end < pattern.length && pattern[end] != ']') {
      end++;
    }
    if (end == pattern.length) {
      return -2;
    }
    if (end == begin || pattern[end - 1] != ':') {
      return single(at);
    }
    String name =
        new String(Arrays.copyOfRange(pattern, begin, end - 1), StandardCharsets.ISO_8859_1);
    at = end;
    for (int c = 0; c < 128; c++) {
      Boolean member = isIn(name, c);
      if (member == null) {
        return -2;
      }
      bytes.set(c, bytes.get(c) || member);
    }
    return -1;
  }

  /** Whether an ASCII character is in a named class; null where there is no such class. */
  private static @Nullable Boolean isIn(String name, int c) {
    boolean digit = c >= '0' && c <= '9';
    boolean upper = c >= 'A' && c <= 'Z';
    boolean lower = c >= 'a' && c <= 'z';
    boolean graph = c > ' ' && c < 127;
    return switch (name) {
      case "alnum" -> digit || upper || lower;
      case "alpha" -> upper || lower;
      case "blank" -> c == ' ' || c == '\t';
      case "cntrl" -> c < ' ' || c == 127;
      case "digit" -> digit;
      case "graph" -> graph;
      case "lower" -> lower;
      case "print" -> c >= ' ' && c < 127;
      case "punct" -> graph && !digit && !upper && !lower;
      case "space" -> c == ' ' || c >= '\t' && c <= '\r';
      case "upper" -> upper;
      case "xdigit" -> digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
      default -> null;
    };
  }

  private boolean is(char c, int place) {
    return place < pattern.length && pattern[place] == c;
  }
}
