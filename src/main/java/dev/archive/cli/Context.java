package dev.archive.cli;

import dev.archive.model.Text;
import java.io.PrintStream;
import java.time.Clock;
import java.util.Locale;

/**
 * What a command touches of its process.
 *
 * @param out for results
 * @param err for people
 */
record Context(Output out, PrintStream err, Settings settings, Clock clock) {
  /** The version of the program. */
  static String version() {
    String version = Context.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** The program's name and version, as {@code --version} prints them. */
  static String program() {
    return "archive " + version();
  }

  /** One row of a result: what it is, and its value. A row of a receipt fits into 80 columns. */
  void row(String name, String value) {
    out.printf(Locale.ROOT, "%-8s %s%n", name, value);
  }

  /** One line for a person: what failed, what was and was not done, what to do next. */
  void complain(String message) {
    err.println("archive: " + Text.line(message));
  }
}
