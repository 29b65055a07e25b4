package dev.archive.cli.command;

import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.client.run.BatchAdmin;
import dev.archive.model.BatchId;
import dev.archive.model.Text;
import dev.archive.wire.Messages.AbortAnswer;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code archive abort}: gives up a batch that is not finalized. */
@Command(
    name = "abort",
    description = {
      "Aborts a batch that is not finalized. The server removes what it holds of it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive abort 01K0000000000000000000000A"},
    sortOptions = false)
public final class AbortCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private ServerChoice server;

  @Parameters(paramLabel = "BATCH", description = "The id of the batch (26 characters).")
  private String batch;

  public AbortCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    BatchId id = BatchArgument.parse(batch);
    try (ServerChoice.Opened opened = server.open(context, false);
        BatchAdmin admin =
            new BatchAdmin(opened.endpoint(), Context.version(), new SecureRandom())) {
      AbortAnswer answer = admin.abort(id);
      String outcome = "batch " + id + " is " + Text.brief(answer.status());
      context.out().hold("the answer", outcome);
      context.out().println(outcome);
      return ExitCodes.OK;
    }
  }
}
