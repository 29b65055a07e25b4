package dev.archive.source;

/** Matches one rule of an ignore file with one path. */
public final class IgnoreFuzz {
  private IgnoreFuzz() {}

  /** Whether the rule says something of the path; false for a line without a rule. */
  public static boolean matches(String line, String path) {
    IgnoreRule rule = IgnoreRule.line(line, "a rule");
    return rule != null && rule.matches(IgnoreRule.bytes(path), 0, false);
  }
}
