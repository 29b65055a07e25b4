package dev.archive.cli.process;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Secret;
import dev.archive.model.Text;
import dev.archive.source.OwnPlaces;
import dev.archive.source.OwnPlaces.Named;
import dev.archive.source.OwnPlaces.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where values come from that the command line does not give: the environment, a profile of a
 * settings file, the file itself, what was set for the existing client, the option's own default,
 * in this order. The user's file comes before the system's.
 */
public final class Settings implements IDefaultValueProvider {
  /** For all users of a machine. */
  private static final Path SYSTEM_FILE = Path.of("/etc/archive/config.toml");

  static final String CONFIG = "ARCHIVE_CONFIG";
  static final String PROFILE = "ARCHIVE_PROFILE";

  /** The variable that holds a token, and is no option. */
  static final String TOKEN = "ARCHIVE_TOKEN";

  private final Map<String, String> environment;
  private final Places places;
  private final @Nullable String config;
  private final @Nullable String profile;
  private @Nullable List<SettingsFile> files;
  private @Nullable ExistingClient existing;

  /**
   * Where files of settings are looked for, beside those that the environment names.
   *
   * @param system the file for all users, or null
   * @param home the user's home directory where HOME does not name it, or null
   * @param working where the existing client looks first, or null
   */
  public record Places(@Nullable Path system, @Nullable String home, @Nullable Path working) {}

  /**
   * A value.
   *
   * @param source what set it, to be shown to a person
   */
  public record Found(String value, String source) {}

  /** Settings of an environment alone: of files those that it names. */
  public Settings(Map<String, String> environment) {
    this(environment, new Places(null, null, null));
  }

  public Settings(Map<String, String> environment, Places places) {
    this(environment, places, null, null);
  }

  private Settings(
      Map<String, String> environment,
      Places places,
      @Nullable String config,
      @Nullable String profile) {
    this.environment = environment;
    this.places = places;
    this.config = config == null ? given(CONFIG, environment) : config;
    this.profile = profile == null ? given(PROFILE, environment) : profile;
  }

  private static @Nullable String given(String variable, Map<String, String> environment) {
    String value = environment.get(variable);
    return value == null || value.isEmpty() ? null : value;
  }

  /** The settings of this process. */
  public static Settings ofProcess() {
    return new Settings(
        System.getenv(), new Places(SYSTEM_FILE, javaHome(), Path.of("").toAbsolutePath()));
  }

  /**
   * The same with the file and the profile that a command line names. They must be known before its
   * options are read, whose defaults they give.
   */
  public Settings with(String... args) {
    return new Settings(environment, places, valueOf("--config", args), valueOf("--profile", args));
  }

  private static @Nullable String valueOf(String option, String... args) {
    for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
      if (args[i].equals(option) && i + 1 < args.length) {
        return args[i + 1];
      }
      if (args[i].startsWith(option + "=")) {
        return args[i].substring(option.length() + 1);
      }
    }
    return null;
  }

  /**
   * Refuses settings that do not say what their author meant.
   *
   * @param warn is told what is ignored, and what is read of the existing client's
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public void check(Consumer<String> warn) {
    EnvironmentNames.check(environment, warn);
    List<String> problems = problems();
    if (!problems.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          problems.get(0)
              + (problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more)")
              + "; nothing was done; archive config check names all problems");
    }
    String sentence = ofExistingClient();
    if (sentence != null) {
      warn.accept(sentence);
    }
  }

  /** What is wrong with settings, one line each; the environment's names are not among them. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    files().forEach(file -> problems.addAll(file.problems()));
    if (profile != null && files().stream().noneMatch(each -> each.profiles().contains(profile))) {
      problems.add(unknownProfile(profile));
    }
    for (Setting setting : Setting.values()) {
      String value = environment.get(setting.variable());
      if (value != null && !value.isBlank()) {
        try {
          setting.checkText(value);
        } catch (IllegalArgumentException | ArchiveException e) {
          problems.add("the environment variable " + setting.variable() + " " + e.getMessage());
        }
      }
    }
    if (existing().problem() != null) {
      problems.add(existing().problem());
    }
    return problems;
  }

  private String unknownProfile(String asked) {
    SortedSet<String> known = new TreeSet<>();
    files().forEach(file -> known.addAll(file.profiles()));
    String near = EnvironmentNames.nearest(asked, known);
    return "no settings file has a profile "
        + Text.quote(asked)
        + (near != null
            ? "; did you mean " + Text.printable(near) + "?"
            : known.isEmpty()
                ? "; none has any"
                : "; there are " + Text.brief(String.join(", ", known)));
  }

  /** One line that says what is read of the existing client's settings; null where nothing is. */
  private @Nullable String ofExistingClient() {
    List<String> used = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      Found found = existing().find(setting);
      if (found != null && found.equals(find(setting))) {
        used.add(setting.key() + " from " + found.source());
      }
    }
    if (used.isEmpty() && existing().unsupported().isEmpty()) {
      return null;
    }
    return "settings of the existing client are read: "
        + (used.isEmpty() ? "none that archive has" : String.join(", ", used))
        + (existing().unsupported().isEmpty()
            ? ""
            : "; ignored, see the manual: " + String.join(", ", existing().unsupported()));
  }

  /** The files that are read, the one whose values win first. */
  private synchronized List<SettingsFile> files() {
    if (files == null) {
      List<SettingsFile> found = new ArrayList<>();
      String home = isSet("HOME") ? environment.get("HOME") : places.home();
      Path user = config != null ? Path.of(config) : userFile(home);
      if (user != null) {
        found.add(SettingsFile.read(user.toAbsolutePath(), home, config != null));
      }
      if (places.system() != null) {
        found.add(SettingsFile.read(places.system(), home, false));
      }
      found.removeIf(Objects::isNull);
      files = found;
    }
    return files;
  }

  /** Whether or not it exists; null where no home directory is known. */
  private @Nullable Path userFile(@Nullable String home) {
    Path base =
        isSet("XDG_CONFIG_HOME")
            ? Path.of(environment.get("XDG_CONFIG_HOME"))
            : home == null ? null : Path.of(home, ".config");
    return base == null ? null : base.resolve("archive").resolve("config.toml");
  }

  private synchronized ExistingClient existing() {
    if (existing == null) {
      List<Path> directories = new ArrayList<>();
      if (places.working() != null) {
        directories.add(places.working());
      }
      if (places.working() != null && isSet("HOME")) {
        directories.add(Path.of(environment.get("HOME")));
      }
      existing = ExistingClient.in(environment, directories);
    }
    return existing;
  }

  /** Each file that is read, with what it holds, one line each. */
  public List<String> filesRead() {
    return files().stream()
        .map(
            file ->
                Text.printable(file.path().toString())
                    + ": "
                    + Count.of(file.size(), "setting")
                    + (file.profiles().isEmpty()
                        ? ""
                        : ", profiles " + Text.brief(String.join(", ", file.profiles()))))
        .toList();
  }

  /** Where a setting has its value from; null where it has its default. */
  public @Nullable Found find(Setting setting) {
    String value = environment.get(setting.variable());
    // Empty ones are refused as soon as a command runs.
    if (value != null && !value.isEmpty()) {
      return new Found(value, setting.variable());
    }
    if (profile != null) {
      for (SettingsFile file : files()) {
        String found = file.value(setting, profile);
        if (found != null) {
          return new Found(
              found,
              "profile " + Text.printable(profile) + " in " + Text.printable("" + file.path()));
        }
      }
    }
    for (SettingsFile file : files()) {
      String found = file.value(setting);
      if (found != null) {
        return new Found(found, Text.printable(file.path().toString()));
      }
    }
    return existing().find(setting);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    Setting setting =
        argument instanceof OptionSpec option ? Setting.ofOption(option.longestName()) : null;
    Found found = setting == null ? null : find(setting);
    return found == null ? argument.defaultValue() : found.value();
  }

  /** Whether the terminal can only print one line after the other. */
  public boolean isDumb() {
    return "dumb".equals(environment.get("TERM"));
  }

  /** Whether the user wants no colors (no-color.org). */
  public boolean isWithoutColor() {
    return isSet("NO_COLOR");
  }

  /**
   * What forbids to use the embedded archive where no server is named.
   *
   * @return the source of {@code require_server = true}, or null
   */
  public @Nullable String requiresServer() {
    Found found = find(Setting.REQUIRE_SERVER);
    return found != null && found.value().equals("true") ? found.source() : null;
  }

  /**
   * The file of the existing client that names the server, where it is what names it; else null. A
   * directory that a stranger gave must not say where its files are sent.
   */
  public @Nullable Path existingFileWithServer() {
    Found found = find(Setting.SERVER);
    return found != null
            && existing().file() != null
            && found.source().equals(Text.printable(existing().file().toString()))
        ? existing().file()
        : null;
  }

  /** The token that is shown to the server, or null where there is none. */
  public @Nullable Secret token() {
    String token = environment.get(TOKEN);
    return token == null ? null : Secret.of(token);
  }

  /** The variables of the environment that name proxies, as far as they have a value. */
  public Map<String, String> proxyVariables() {
    Map<String, String> found = new TreeMap<>();
    for (String each :
        List.of("http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")) {
      if (isSet(each)) {
        found.put(each, environment.get(each));
      }
    }
    return found;
  }

  /**
   * The directory of the embedded archive.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where no home directory is known
   */
  public Path home() {
    Found home = find(Setting.HOME);
    return home != null ? Path.of(home.value()) : ours("XDG_DATA_HOME", ".local", "share");
  }

  /** Whether there is a place for an embedded archive. */
  public boolean hasHome() {
    return find(Setting.HOME) != null || isKnown("XDG_DATA_HOME");
  }

  private boolean isKnown(String variable) {
    return isSet(variable) || homeDirectory() != null;
  }

  private boolean isSet(String variable) {
    return !environment.getOrDefault(variable, "").isEmpty();
  }

  /**
   * The directory of journals and receipts.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where no home directory is known
   */
  public Path state() {
    Found state = find(Setting.STATE_DIR);
    return state != null ? Path.of(state.value()) : ours("XDG_STATE_HOME", ".local", "state");
  }

  /**
   * What this program keeps itself, to be left out of what it archives.
   *
   * @param state the directory of journals and receipts
   * @param output a file that the run writes, or null
   */
  public OwnPlaces own(Path state, @Nullable Path output) {
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

  /**
   * The directory of the shell head's class archives.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where no home directory is known
   */
  public Path cache() {
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
  private @Nullable String homeDirectory() {
    return isSet("HOME") ? environment.get("HOME") : javaHome();
  }

  private static @Nullable String javaHome() {
    String known = System.getProperty("user.home");
    return known == null || known.equals("?") ? null : known;
  }
}
