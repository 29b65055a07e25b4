package dev.archive.cli;

import dev.archive.cli.process.Context;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code archive}: what all commands share. */
@Command(
    name = "archive",
    description = "Uploads directories whole, and proves it.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = ArchiveCommand.Version.class)
@SuppressWarnings("UnusedVariable") // picocli sets and reads the options.
final class ArchiveCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "On failure, print a stack trace.")
  private boolean stacktrace;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Read settings from FILE, not from ~/.config/archive/config.toml.")
  private @Nullable Path config;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Use the settings of [profile.NAME] in a settings file.")
  private @Nullable String profile;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print this help.")
  private boolean help;

  @Option(names = "--version", versionHelp = true, description = "Print the version.")
  private boolean version;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "which command? " + Mistake.oneOf(Commands.NAMES));
  }

  /** Tells the version. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {Context.program()};
    }
  }
}
