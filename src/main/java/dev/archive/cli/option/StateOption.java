package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the uploader keeps journals and receipts. */
public final class StateOption {
  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "Where journals and receipts are kept (ARCHIVE_STATE_DIR).")
  private @Nullable Path directory;

  public Path directory(Context context) {
    return directory == null ? context.settings().state() : directory;
  }
}
