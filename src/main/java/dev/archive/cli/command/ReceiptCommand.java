package dev.archive.cli.command;

import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.StateOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.view.KeptReceipt;
import dev.archive.client.state.Origin;
import dev.archive.client.state.StateDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code archive receipt}: prints one receipt with all its files. */
@Command(
    name = "receipt",
    description = {"Prints the receipt of a batch with every file, as JSON.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive receipt 01K0000000000000000000000A",
      "  archive receipt --sha256sum 01K0000000000000000000000A | sha256sum -c"
    },
    sortOptions = false)
public final class ReceiptCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private StateOption state;

  @Parameters(paramLabel = "BATCH", description = "The id of the batch (26 characters).")
  private String batch;

  @Option(
      names = "--sha256sum",
      description =
          "Print lines for `sha256sum -c`. Run it in the directory that was archived, or that the"
              + " archived file lies in; with several sources the names are absolute, and it can"
              + " be run anywhere.")
  private boolean sums;

  public ReceiptCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    BatchId id = BatchArgument.parse(batch);
    StateDirectory kept = new StateDirectory(state.directory(context));
    Path file = kept.receipt(id);
    if (!Files.exists(file)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "there is no receipt of batch "
              + id
              + " on this machine; archive receipts lists those there are");
    }
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the receipt", "it is kept in " + Text.quote(file.toString()));
    // One that is damaged is told, and not printed.
    KeptReceipt receipt = KeptReceipt.read(file);
    if (sums) {
      KeptReceipt.printSums(file, origin(receipt, id, kept), context.out());
      return ExitCodes.OK;
    }
    try {
      Files.copy(file, context.out().stream());
    } catch (IOException e) {
      throw KeptReceipt.unreadable(file, SourceFile.reason(e), e);
    }
    context.out().println("");
    return ExitCodes.OK;
  }

  private Origin origin(KeptReceipt receipt, BatchId id, StateDirectory kept) {
    Origin origin = receipt.origin() == null ? kept.origin(id) : receipt.origin();
    if (origin == null) {
      context.complain(
          "neither this older receipt nor a journal says where the files came from: the lines name"
              + " them as the batch does");
    }
    return origin;
  }
}
