package dev.archive.cli.process;

import dev.archive.model.ArchiveException;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Toml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One settings file: values at its top, and profiles that override them. What is wrong with it is
 * kept, for a command that needs no settings works all the same.
 */
final class SettingsFile {
  private static final int MAX_BYTES = 1 << 20;
  private static final String PROFILES = "profile";
  private static final Set<String> SECRETS = Set.of("token", "password", "secret", "api_key");

  private final Path path;
  private final @Nullable String home;
  private final Map<Setting, String> values = new EnumMap<>(Setting.class);
  private final Map<String, Map<Setting, String>> profiles = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  private SettingsFile(Path path, @Nullable String home) {
    this.path = path;
    this.home = home;
  }

  /**
   * Reads a file.
   *
   * @param home what {@code ~} means in it, or null
   * @param required whether it is a problem that there is none
   * @return null where there is none, and it is not required
   */
  static @Nullable SettingsFile read(Path path, @Nullable String home, boolean required) {
    SettingsFile file = new SettingsFile(path, home);
    try {
      String text = file.text();
      file.requireOnlyOwnersWrite();
      file.take(Toml.read(text));
    } catch (NoSuchFileException e) {
      if (!required) {
        return null;
      }
      file.problem("there is no such file");
    } catch (CharacterCodingException e) {
      file.problem("it is not UTF-8");
    } catch (IOException e) {
      file.problem("it cannot be read: " + SourceFile.reason(e));
    } catch (ArchiveException e) {
      file.problem(e.getMessage());
    }
    return file;
  }

  private String text() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("it has more than " + MAX_BYTES + " bytes");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }
  }

  /** It says where bytes go and which commands run. */
  private void requireOnlyOwnersWrite() throws IOException {
    if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_WRITE)) {
      problem("every user can write to it; run chmod o-w on it");
    }
  }

  private void take(Map<String, Object> document) {
    document.forEach(
        (key, value) -> {
          if (key.equals(PROFILES)) {
            takeProfiles(value);
          } else {
            take(key, value, values, "");
          }
        });
  }

  private void takeProfiles(Object tables) {
    if (!(tables instanceof Map<?, ?> all)) {
      problem("profile must be tables: [profile.NAME]");
      return;
    }
    all.forEach(
        (name, table) -> {
          Map<Setting, String> profile = new EnumMap<>(Setting.class);
          profiles.put(name.toString(), profile);
          if (table instanceof Map<?, ?> settings) {
            settings.forEach(
                (key, value) ->
                    take(key.toString(), value, profile, " in profile " + Text.quote("" + name)));
          } else {
            problem("profile must be tables: [profile.NAME]");
          }
        });
  }

  private void take(String key, Object value, Map<Setting, String> into, String where) {
    Setting setting = Setting.ofKey(key);
    if (setting == null || !setting.key().equals(key)) {
      problem(unknown(key) + where);
      return;
    }
    try {
      into.put(setting, setting.fromFile(value, home));
    } catch (IllegalArgumentException e) {
      problem(e.getMessage() + where);
    }
  }

  private static String unknown(String key) {
    if (SECRETS.contains(key)) {
      return Text.quote(key)
          + " is not a setting: secrets do not belong in this file; say token_file";
    }
    List<String> keys = new ArrayList<>();
    for (Setting each : Setting.values()) {
      keys.add(each.key());
    }
    keys.add(PROFILES);
    String near = EnvironmentNames.nearest(key.replace('-', '_'), keys);
    return Text.quote(key)
        + " is not a setting"
        + (near == null ? "" : "; did you mean " + near + "?");
  }

  private void problem(String what) {
    problems.add("the settings file " + Text.quote(path.toString()) + ": " + what);
  }

  Path path() {
    return path;
  }

  /** What is wrong with it; empty where it can be used. */
  List<String> problems() {
    return problems;
  }

  Set<String> profiles() {
    return profiles.keySet();
  }

  /** How many values it sets, those of profiles included. */
  int size() {
    return values.size() + profiles.values().stream().mapToInt(Map::size).sum();
  }

  /** The value at its top, or null. */
  @Nullable String value(Setting setting) {
    return values.get(setting);
  }

  /** The value in a profile, or null. */
  @Nullable String value(Setting setting, String profile) {
    Map<Setting, String> found = profiles.get(profile);
    return found == null ? null : found.get(setting);
  }
}
