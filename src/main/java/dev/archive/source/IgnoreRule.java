package dev.archive.source;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One line of gitignore rules. What is not said of it here is as git documents it in {@code
 * gitignore(5)}, and as it does it.
 */
final class IgnoreRule {
  private final String name;
  private final boolean excludes;
  private final boolean directoriesOnly;
  private final boolean anywhere;
  private final byte[] literal;
  private final @Nullable Glob glob;

  /** A line that is a rule. */
  private IgnoreRule(String pattern, boolean excludes, String name) {
    this.name = name;
    this.excludes = excludes;
    this.directoriesOnly = pattern.endsWith("/");
    String path = directoriesOnly ? pattern.substring(0, pattern.length() - 1) : pattern;
    this.anywhere = path.indexOf('/') < 0;
    byte[] bytes = bytes(path.startsWith("/") ? path.substring(1) : path);
    int wild = 0;
    while (wild < bytes.length && "*?[\\".indexOf(bytes[wild]) < 0) {
      wild++;
    }
    this.literal = Arrays.copyOf(bytes, anywhere && wild < bytes.length ? 0 : wild);
    // What is behind the literal part is matched as if it stood alone, as git does.
    this.glob =
        wild == bytes.length
            ? null
            : new Glob(Arrays.copyOfRange(bytes, literal.length, bytes.length), anywhere);
  }

  /**
   * Reads a line as it stands in a file.
   *
   * @param name how the rule is named to people
   * @return null for an empty line or a comment
   */
  static @Nullable IgnoreRule line(String line, String name) {
    String text = withoutBlanksAtTheEnd(line);
    if (text.isEmpty() || line.startsWith("#")) {
      return null;
    }
    return text.startsWith("!")
        ? new IgnoreRule(text.substring(1), false, name)
        : new IgnoreRule(text, true, name);
  }

  /** A pattern as it is given on a command line, where nothing but the pattern has a meaning. */
  static IgnoreRule pattern(String pattern, boolean excludes, String name) {
    return new IgnoreRule(pattern, excludes, name);
  }

  /** The line without spaces at its end that no backslash keeps there. */
  static String withoutBlanksAtTheEnd(String line) {
    int end = 0;
    for (int i = 0; i < line.length(); i++) {
      if (line.charAt(i) == '\\') {
        i++;
        end = Math.min(i + 1, line.length());
      } else if (line.charAt(i) != ' ') {
        end = i + 1;
      }
    }
    return line.substring(0, end);
  }

  /** The bytes of a name as rules are matched with them. */
  static byte[] bytes(String path) {
    return path.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Whether the rule is about a name.
   *
   * @param path in UTF-8, below the directory that the rule is for
   * @param from where that begins in the path
   */
  boolean matches(byte[] path, int from, boolean directory) {
    if (directoriesOnly && !directory) {
      return false;
    }
    int begin = anywhere ? lastSegment(path, from) : from;
    int behind = begin + literal.length;
    if (behind > path.length || !Arrays.equals(path, begin, behind, literal, 0, literal.length)) {
      return false;
    }
    return glob == null ? behind == path.length : glob.matches(path, behind);
  }

  private static int lastSegment(byte[] path, int from) {
    int begin = path.length;
    while (begin > from && path[begin - 1] != '/') {
      begin--;
    }
    return begin;
  }

  /** Whether its pattern is not complete, so that it matches nothing. */
  boolean isBroken() {
    return glob != null && glob.isBroken();
  }

  /** Whether what it matches is excluded; else it is included. */
  boolean excludes() {
    return excludes;
  }

  /** How it is named to people. */
  @Override
  public String toString() {
    return name;
  }
}
