package dev.archive.cli;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * A command line that was run in this process, with an environment of its own.
 *
 * @param exit its exit code
 * @param out what it printed for machines
 * @param err what it printed for people
 */
public record CommandRun(int exit, String out, String err) {
  public static CommandRun of(Map<String, String> environment, String... args) {
    return of(Clock.systemUTC(), environment, args);
  }

  /** The same, at another time. */
  public static CommandRun of(Clock clock, Map<String, String> environment, String... args) {
    return of(clock, new Settings(environment), args);
  }

  /** The same, with files of settings as well. */
  public static CommandRun of(Settings settings, String... args) {
    return of(Clock.systemUTC(), settings, args);
  }

  private static CommandRun of(Clock clock, Settings settings, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Context context =
        new Context(
            new Output(out), new PrintStream(err, true, StandardCharsets.UTF_8), settings, clock);
    int exit = Main.run(context, args);
    return new CommandRun(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** With an embedded archive in a directory, and the state beside it. */
  public static CommandRun in(Path home, String... args) {
    return of(Map.of("ARCHIVE_HOME", home.toString(), "XDG_STATE_HOME", home + "-state"), args);
  }

  public List<String> outLines() {
    return out.lines().toList();
  }

  public List<String> errLines() {
    return err.lines().toList();
  }

  /** The value of a field in the receipt's line. */
  public String receiptField(String name) {
    return field("receipt", name);
  }

  /** The value of a field in the last event of a kind. */
  public String field(String event, String name) {
    String last =
        outLines().stream()
            .filter(line -> line.contains("\"event\":\"" + event + "\""))
            .reduce("", (one, other) -> other);
    java.util.regex.Matcher field =
        java.util.regex.Pattern.compile("\"" + name + "\":\"?([^\",}]*)").matcher(last);
    return field.find() ? field.group(1) : null;
  }
}
