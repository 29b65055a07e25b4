package dev.archive.cli.process;

import dev.archive.model.ArchiveException;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What was set for the existing client, {@code arke-upload}: its variables, then the first of its
 * files that is found. Everything else that sets a value overrides them.
 */
final class ExistingClient {
  private static final int MAX_BYTES = 1 << 20;
  private static final String VARIABLES = "ARKE_";

  private static final List<String> FILES =
      List.of(".arke-upload.json", ".arke-upload.config.json", "arke-upload.config.json");

  /** Its names of what this program has too; its variables are these with underscores. */
  private static final Map<String, Setting> SETTINGS =
      Map.of(
          "workerUrl", Setting.SERVER,
          "uploader", Setting.UPLOADER,
          "rootPath", Setting.ROOT_PATH,
          "parallel", Setting.PARALLEL,
          "parallelParts", Setting.PARALLEL_PARTS,
          "metadata", Setting.METADATA);

  private final Map<Setting, Settings.Found> values = new EnumMap<>(Setting.class);
  private final SortedSet<String> unsupported = new TreeSet<>();
  private @Nullable Path file;
  private @Nullable String problem;

  private ExistingClient() {}

  /**
   * What there is of it.
   *
   * @param directories where its files may lie, the first found being the only one
   */
  static ExistingClient in(Map<String, String> environment, List<Path> directories) {
    ExistingClient found = new ExistingClient();
    found.takeVariables(environment);
    for (Path directory : directories) {
      for (String name : FILES) {
        if (found.takeFile(directory.resolve(name))) {
          return found;
        }
      }
    }
    return found;
  }

  private void takeVariables(Map<String, String> environment) {
    Map<String, String> ours = new LinkedHashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(VARIABLES) && !value.isBlank()) {
            ours.put(name, value);
          }
        });
    SETTINGS.forEach(
        (key, setting) -> {
          String value = ours.remove(variable(key));
          if (value != null) {
            values.put(setting, new Settings.Found(value, variable(key)));
          }
        });
    ours.keySet().forEach(name -> unsupported.add(Text.printable(name)));
  }

  private static String variable(String key) {
    return VARIABLES + key.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
  }

  private boolean takeFile(Path candidate) {
    try (InputStream in = Files.newInputStream(candidate)) {
      if (!isTrusted(candidate)) {
        unsupported.add(Text.printable(candidate.toString()) + " (others can write to it)");
        return true;
      }
      byte[] bytes = in.readNBytes(MAX_BYTES);
      file = candidate;
      Json.readObject(bytes).forEach((key, value) -> take(candidate, key, value));
    } catch (NoSuchFileException | NotDirectoryException e) {
      return false;
    } catch (IOException e) {
      problem("cannot be read: " + SourceFile.reason(e), candidate);
    } catch (ArchiveException e) {
      problem("is not a JSON object: " + e.getMessage(), candidate);
    }
    return true;
  }

  /** In a directory of many users another might say where files are sent. */
  private static boolean isTrusted(Path file) throws IOException {
    String owner = Files.getOwner(file).getName();
    return (owner.equals("root") || owner.equals(System.getProperty("user.name")))
        && !Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE);
  }

  private void problem(String what, Path candidate) {
    problem =
        "the settings file "
            + Text.quote(candidate.toString())
            + " of the existing client "
            + what
            + "; correct or remove it";
  }

  private void take(Path from, String key, Object value) {
    Setting setting = SETTINGS.get(key);
    if (setting == null) {
      unsupported.add(Text.printable(key));
      return;
    }
    try {
      String text = setting.fromFile(value, null);
      values.putIfAbsent(setting, new Settings.Found(text, Text.printable(from.toString())));
    } catch (IllegalArgumentException e) {
      problem("has a wrong value: " + key + ": " + e.getMessage(), from);
    }
  }

  /** What it sets, or null. */
  Settings.@Nullable Found find(Setting setting) {
    return values.get(setting);
  }

  /** The file that was read, or null. */
  @Nullable Path file() {
    return file;
  }

  /** What is wrong with its file, or null. */
  @Nullable String problem() {
    return problem;
  }

  /** What it sets that this program does not have. */
  SortedSet<String> unsupported() {
    return unsupported;
  }
}
