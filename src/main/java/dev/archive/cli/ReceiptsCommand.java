package dev.archive.cli;

import dev.archive.client.StateDirectory;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code archive receipts}: lists the receipts kept on this machine. */
@Command(
    name = "receipts",
    description = {"Lists the receipts of runs on this machine, oldest first.", ""},
    sortOptions = false)
final class ReceiptsCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private StateOption state;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  ReceiptsCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the list of receipts", "they are kept in the state directory");
    for (Path file : new StateDirectory(state.directory(context)).receipts()) {
      KeptReceipt receipt = KeptReceipt.read(file);
      context.out().println(json ? receipt.json() : receipt.line());
    }
    return ExitCodes.OK;
  }
}
