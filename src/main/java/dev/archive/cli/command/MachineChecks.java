package dev.archive.cli.command;

import dev.archive.cli.command.DoctorCommand.Check;
import dev.archive.cli.process.Context;
import dev.archive.cli.view.Console;
import dev.archive.client.state.StateDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code archive doctor} looks for on this machine. */
final class MachineChecks {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final int MIN_OPEN_FILES = 1024;
  private static final long MIN_SPACE = 1_000_000_000;
  private static final Duration STALE = Duration.ofHours(1);

  private MachineChecks() {}

  static void run(Context context, Path state, Consumer<Check> found) {
    found.accept(
        Check.ok(
            "java",
            System.getProperty("java.version")
                + " ("
                + System.getProperty("java.vendor")
                + "), heap up to "
                + Console.size(Runtime.getRuntime().maxMemory())));
    found.accept(locale());
    found.accept(openFiles());
    settings(context, found);
    found.accept(writable(state));
    found.accept(space("disk", state));
    found.accept(runs(state));
    found.accept(cache(context));
  }

  private static Check locale() {
    String encoding = System.getProperty("sun.jnu.encoding");
    return "UTF-8".equals(encoding)
        ? Check.ok("locale", "file names are UTF-8")
        : Check.failure("locale", "Java reads file names as " + encoding + "; set LC_ALL=C.UTF-8");
  }

  private static Check openFiles() {
    try {
      Matcher limit =
          Pattern.compile("(?m)^Max open files +(\\d+|unlimited)")
              .matcher(Files.readString(LIMITS));
      if (!limit.find()) {
        return Check.warning("limits", "the limit of open files is unknown");
      }
      String most = limit.group(1);
      return most.matches("\\d{1,9}") && Integer.parseInt(most) < MIN_OPEN_FILES
          ? Check.warning("limits", "only " + most + " open files; raise it with ulimit -n")
          : Check.ok("limits", most + " open files");
    } catch (IOException e) {
      return Check.warning("limits", "the limit of open files is unknown");
    }
  }

  private static void settings(Context context, Consumer<Check> found) {
    List<String> said = new ArrayList<>();
    try {
      context.settings().check(said::add);
      List<String> files = context.settings().filesRead();
      found.accept(
          Check.ok("settings", files.isEmpty() ? "no settings file" : String.join("; ", files)));
    } catch (ArchiveException e) {
      List<String> problems = context.settings().problems();
      (problems.isEmpty() ? List.of(e.getMessage()) : problems)
          .forEach(problem -> found.accept(Check.failure("settings", problem)));
    }
    said.forEach(each -> found.accept(Check.warning("settings", each)));
  }

  /** The directory itself, or the one in which it would be made. */
  private static Path existing(Path directory) {
    Path there = directory.toAbsolutePath();
    while (Files.notExists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    return there;
  }

  private static Check writable(Path state) {
    Path there = existing(state);
    if (!Files.isDirectory(there)) {
      return Check.failure("state", there + " is not a directory");
    }
    if (!Files.isWritable(there)) {
      return Check.failure("state", "no permission to write to " + there);
    }
    return Check.ok(
        "state", Text.printable(state.toString()) + (there.equals(state) ? "" : " can be made"));
  }

  /** How much room there is where a directory is, or would be. */
  static Check space(String name, Path directory) {
    Path there = existing(directory);
    try {
      long free = Files.getFileStore(there).getUsableSpace();
      String detail = Console.size(free) + " free in " + Text.printable(there.toString());
      return free < MIN_SPACE ? Check.warning(name, "only " + detail) : Check.ok(name, detail);
    } catch (IOException e) {
      return Check.failure(
          name, Text.printable(there.toString()) + " cannot be asked: " + SourceFile.reason(e));
    }
  }

  private static Check runs(Path state) {
    try {
      List<String> unusable = new ArrayList<>();
      int unfinished = new StateDirectory(state).unfinished(unusable::add).size();
      if (!unusable.isEmpty()) {
        return Check.warning(
            "runs", Count.of(unusable.size(), "journal") + " cannot be used; see archive runs");
      }
      return Check.ok("runs", Count.of(unfinished, "unfinished upload"));
    } catch (ArchiveException e) {
      return Check.failure("runs", e.getMessage());
    }
  }

  /** What makers of class archives leave when they are killed; an hour later it is of no use. */
  private static Check cache(Context context) {
    Path cache;
    try {
      cache = context.settings().cache();
    } catch (ArchiveException e) {
      return Check.warning("cache", "none: no home directory is known, each start takes longer");
    }
    if (Files.notExists(cache)) {
      return Check.ok("cache", "none yet");
    }
    Instant old = context.clock().instant().minus(STALE);
    try (Stream<Path> files = Files.list(cache)) {
      List<String> stale =
          files
              .filter(each -> isLeftOver(each.getFileName().toString()) && isBefore(each, old))
              .map(each -> each.getFileName().toString())
              .toList();
      return stale.isEmpty()
          ? Check.ok("cache", Text.printable(cache.toString()))
          : Check.warning(
              "cache",
              Count.of(stale.size(), "stale entry")
                  + " in "
                  + Text.printable(cache.toString())
                  + ", which can be removed: "
                  + Text.brief(String.join(", ", stale)));
    } catch (IOException e) {
      return Check.warning(
          "cache", Text.printable(cache.toString()) + " cannot be read: " + SourceFile.reason(e));
    }
  }

  private static boolean isLeftOver(String name) {
    return name.startsWith("classes-work-") || name.endsWith(".making") || name.endsWith(".new");
  }

  private static boolean isBefore(Path file, Instant time) {
    try {
      return Files.getLastModifiedTime(file).toInstant().isBefore(time);
    } catch (IOException e) {
      return false;
    }
  }
}
