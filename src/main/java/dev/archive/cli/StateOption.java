package dev.archive.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the uploader keeps journals and receipts. */
final class StateOption {
  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "Where journals and receipts are kept (ARCHIVE_STATE_DIR).")
  private Path directory;

  Path directory(Context context) {
    return directory == null ? context.settings().state() : directory;
  }
}
