package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which archive on this machine a command works on. */
public final class RootOption {
  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Root of the archive (default: the embedded archive in" + " ARCHIVE_HOME).")
  private @Nullable Path root;

  public Path directory(Context context) {
    return (root == null ? context.settings().home() : root).toAbsolutePath().normalize();
  }
}
