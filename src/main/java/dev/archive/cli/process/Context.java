package dev.archive.cli.process;

import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.io.PrintStream;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a command touches of its process.
 *
 * @param out for results
 * @param err for people
 * @param area the terminal behind {@code err}; null where it is none
 */
public record Context(
    Output out, PrintStream err, Settings settings, Clock clock, @Nullable StatusArea area) {
  /** Without a terminal. */
  public Context(Output out, PrintStream err, Settings settings, Clock clock) {
    this(out, err, settings, clock, null);
  }

  /** The same with other settings. */
  public Context with(Settings others) {
    return new Context(out, err, others, clock, area);
  }

  /** The version of the program. */
  public static String version() {
    String version = Context.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** The program's name and version, as {@code --version} prints them. */
  public static String program() {
    return "archive " + version();
  }

  /** One row of a result: what it is, and its value. A row of a receipt fits into 80 columns. */
  public void row(String name, String value) {
    row(8, name, value);
  }

  /** Rows whose values begin in one column, which the longest name sets. */
  public void rows(Map<String, String> rows) {
    int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
    rows.forEach((name, value) -> row(width, name, value));
  }

  private void row(int width, String name, String value) {
    out.printf(Locale.ROOT, "%-" + width + "s %s%n", name, value);
  }

  /**
   * Says how a command failed: to a person on one line, and where it was asked to print JSON, to a
   * machine as the last event.
   *
   * @return the exit code
   */
  public int fail(ErrorCode code, String message, boolean json) {
    int exit = ExitCodes.of(code);
    out.outcome().put("code", code.name());
    out.outcome().put("message", message);
    if (json) {
      printFailure(code.name(), message, exit);
    }
    complain(message);
    return exit;
  }

  /** Prints the event that says how a command failed. */
  public void printFailure(String code, String message, int exit) {
    Map<String, Object> event = EventLine.of("error");
    event.put("code", code);
    event.put("message", message);
    event.put("exit", exit);
    // The exit code says that it failed, whether or not this can be written.
    out.goOn();
    out.println(Json.text(event));
  }

  /** One line for a person: what failed, what was and was not done, what to do next. */
  public void complain(String message) {
    out.logMessage(message);
    show(message);
  }

  /** The same, for what the log of the run has as an event. */
  public void show(String message) {
    err.println("archive: " + Text.line(message));
  }
}
