package dev.archive.cli.command;

import dev.archive.cli.option.RootOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.server.StateBackup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code archive backup-state}: copies a ledger. */
@Command(
    name = "backup-state",
    description = {
      "Copies the ledger of an archive on this machine as it is at one moment. A server may run"
          + " meanwhile. A file that exists is never overwritten.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive backup-state --root /srv/archive /backup/state.db"},
    sortOptions = false)
public final class BackupStateCommand implements Callable<Integer> {
  private final Context context;

  @Parameters(paramLabel = "FILE", description = "Where to write the copy.")
  private Path file;

  @Mixin private RootOption root;

  public BackupStateCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try {
      long bytes = StateBackup.of(root.directory(context), file);
      context.row("ledger", Text.printable(file.toString()));
      context.row("bytes", Long.toString(bytes));
      return ExitCodes.OK;
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the ledger could not be copied to " + Text.quote(file.toString()) + ": " + e,
          e);
    }
  }
}
