package dev.archive.cli.command;

import dev.archive.cli.option.StateOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.view.KeptReceipt;
import dev.archive.cli.view.Table;
import dev.archive.cli.view.TerminalSize;
import dev.archive.client.state.StateDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code archive receipts}: lists the receipts kept on this machine. */
@Command(
    name = "receipts",
    description = {"Lists the receipts of runs on this machine, oldest first.", ""},
    footerHeading = "%nExamples:%n",
    footer = {"  archive receipts"},
    sortOptions = false)
public final class ReceiptsCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private StateOption state;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public ReceiptsCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the list of receipts", "they are kept in the state directory");
    int unreadable = 0;
    try (Table table = new Table(context, TerminalSize.ofOutput(), KeptReceipt.header())) {
      for (Path file : new StateDirectory(state.directory(context)).receipts()) {
        KeptReceipt receipt = readable(file);
        if (receipt == null) {
          unreadable++;
        } else if (json) {
          context.out().println(receipt.json());
        } else {
          table.add(receipt.row());
        }
      }
    }
    if (unreadable > 0) {
      throw new ArchiveException(
          ErrorCode.INCOMPLETE,
          Count.of(unreadable, "receipt")
              + " could not be read (named above); all others are listed. Restore "
              + (unreadable == 1 ? "it" : "them")
              + " from a copy, or check the batch with archive verify");
    }
    return ExitCodes.OK;
  }

  /** A receipt, or null where it cannot be read and was named. */
  private KeptReceipt readable(Path file) {
    try {
      return KeptReceipt.read(file);
    } catch (ArchiveException e) {
      context.complain(e.getMessage());
      return null;
    }
  }
}
