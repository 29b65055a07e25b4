package dev.archive.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where values come from that the command line does not give: the environment variable of the
 * option's name ({@code --root-path}: {@code ARCHIVE_ROOT_PATH}), else the option's own default.
 */
final class Settings implements IDefaultValueProvider {
  /** The options that may be set once and for all; the others belong to one command line. */
  static final Set<String> FROM_ENVIRONMENT =
      Set.of(
          "--server", "--uploader", "--parallel", "--parallel-parts", "--root-path", "--state-dir");

  private final Map<String, String> environment;

  Settings(Map<String, String> environment) {
    this.environment = environment;
  }

  /** The settings of this process. */
  static Settings ofProcess() {
    return new Settings(System.getenv());
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (argument instanceof OptionSpec option && FROM_ENVIRONMENT.contains(option.longestName())) {
      String value = environment.get(variable(option.longestName()));
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return argument.defaultValue();
  }

  /** The environment variable of an option. */
  static String variable(String option) {
    return "ARCHIVE_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** The directory of the embedded archive. */
  Path home() {
    String home = environment.get("ARCHIVE_HOME");
    return home != null && !home.isEmpty()
        ? Path.of(home)
        : ours("XDG_DATA_HOME", ".local", "share");
  }

  /** The directory of journals and receipts. */
  Path state() {
    return ours("XDG_STATE_HOME", ".local", "state");
  }

  private Path ours(String variable, String... inHome) {
    String base = environment.get(variable);
    Path directory =
        base != null && !base.isEmpty() ? Path.of(base) : Path.of(homeDirectory(), inHome);
    return directory.resolve("archive");
  }

  /** Java takes the home directory from the user database; people and cron name it in HOME. */
  private String homeDirectory() {
    String home = environment.get("HOME");
    return home != null && !home.isEmpty() ? home : System.getProperty("user.home");
  }
}
