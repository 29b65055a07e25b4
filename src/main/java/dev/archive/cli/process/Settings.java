package dev.archive.cli.process;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Secret;
import dev.archive.source.OwnPlaces;
import dev.archive.source.OwnPlaces.Named;
import dev.archive.source.OwnPlaces.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where values come from that the command line does not give: the environment variable of the
 * option's name ({@code --root-path}: {@code ARCHIVE_ROOT_PATH}), else the option's own default.
 */
public final class Settings implements IDefaultValueProvider {
  /** The options that may be set once and for all; the others belong to one command line. */
  public static final Set<String> FROM_ENVIRONMENT =
      Set.of(
          "--server",
          "--token-file",
          "--ca-file",
          "--uploader",
          "--parallel",
          "--parallel-parts",
          "--root-path",
          "--state-dir");

  /** The variable that holds a token, and is no option. */
  static final String TOKEN = "ARCHIVE_TOKEN";

  private final Map<String, String> environment;

  public Settings(Map<String, String> environment) {
    this.environment = environment;
  }

  /** The settings of this process. */
  public static Settings ofProcess() {
    return new Settings(System.getenv());
  }

  /**
   * Refuses an environment that does not say what its author meant.
   *
   * @param warn is told what is ignored
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public void check(Consumer<String> warn) {
    EnvironmentNames.check(environment, warn);
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (argument instanceof OptionSpec option && FROM_ENVIRONMENT.contains(option.longestName())) {
      String value = environment.get(variable(option.longestName()));
      // Empty ones are refused as soon as a command runs.
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return argument.defaultValue();
  }

  /** The environment variable of an option. */
  public static String variable(String option) {
    return "ARCHIVE_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** The token that is shown to the server, or null where there is none. */
  public Secret token() {
    String token = environment.get(TOKEN);
    return token == null ? null : Secret.of(token);
  }

  /**
   * The directory of the embedded archive.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where no home directory is known
   */
  public Path home() {
    String home = environment.get("ARCHIVE_HOME");
    return home != null && !home.isEmpty()
        ? Path.of(home)
        : ours("XDG_DATA_HOME", ".local", "share");
  }

  /** Whether there is a place for an embedded archive. */
  public boolean hasHome() {
    return !environment.getOrDefault("ARCHIVE_HOME", "").isEmpty() || isKnown("XDG_DATA_HOME");
  }

  private boolean isKnown(String variable) {
    return !environment.getOrDefault(variable, "").isEmpty() || homeDirectory() != null;
  }

  /**
   * The directory of journals and receipts.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where no home directory is known
   */
  public Path state() {
    return ours("XDG_STATE_HOME", ".local", "state");
  }

  /**
   * What this program keeps itself, to be left out of what it archives.
   *
   * @param state the directory of journals and receipts
   * @param output a file that the run writes, or null
   */
  public OwnPlaces own(Path state, Path output) {
    List<Place> places = new ArrayList<>();
    if (hasHome()) {
      places.add(new Place(home(), "the embedded archive's root", Named.REFUSED));
      places.add(
          new Place(
              home().resolve("staging"),
              "where the embedded archive receives files",
              Named.REFUSED_BELOW));
    }
    places.add(new Place(state.resolve("runs"), "archive's journals", Named.REFUSED_BELOW));
    places.add(new Place(state.resolve("receipts"), "archive's receipts", Named.ALLOWED));
    places.add(new Place(state.resolve("audits"), "archive's audits", Named.ALLOWED));
    if (isKnown("XDG_CACHE_HOME")) {
      places.add(new Place(cache(), "archive's cache", Named.REFUSED));
    }
    if (output != null) {
      places.add(new Place(output.toAbsolutePath(), "what this run writes", Named.REFUSED));
    }
    return new OwnPlaces(places);
  }

  /** The directory of the shell head's class archives. */
  private Path cache() {
    return ours("XDG_CACHE_HOME", ".cache");
  }

  private Path ours(String variable, String... inHome) {
    String base = environment.get(variable);
    if (base != null && !base.isEmpty()) {
      return Path.of(base, "archive");
    }
    String home = homeDirectory();
    if (home == null) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "no home directory is known for this user; nothing was done; set HOME or " + variable);
    }
    return Path.of(home, inHome).resolve("archive");
  }

  /**
   * Java takes the home directory from the user database; people and cron name it in HOME.
   *
   * @return null where neither knows one: Java says "?" then
   */
  private String homeDirectory() {
    String home = environment.get("HOME");
    if (home != null && !home.isEmpty()) {
      return home;
    }
    String known = System.getProperty("user.home");
    return known == null || known.equals("?") ? null : known;
  }
}
