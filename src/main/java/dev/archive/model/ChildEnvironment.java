package dev.archive.model;

import java.util.Map;
import java.util.Set;

/** The environment of programs that this one starts. */
public final class ChildEnvironment {
  /** What opens a server, or a proxy, is for this program alone. */
  private static final Set<String> SECRET = Set.of("ARCHIVE_TOKEN", "ARCHIVE_PROXY");

  private ChildEnvironment() {}

  /** Takes secrets of this program out of the environment of another. */
  public static void withoutSecrets(ProcessBuilder program) {
    withoutSecrets(program.environment());
  }

  /** The same, of an environment. */
  public static void withoutSecrets(Map<String, String> environment) {
    environment.keySet().removeAll(SECRET);
  }
}
