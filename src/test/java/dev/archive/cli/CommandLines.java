package dev.archive.cli;

import dev.archive.cli.process.Context;
import picocli.CommandLine;

/** The commands as the program builds them, for tests of its rooms. */
public final class CommandLines {
  private CommandLines() {}

  /** All commands. */
  public static CommandLine of(Context context) {
    return Main.commandLine(context);
  }
}
