package dev.archive.cli.command;

import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.client.run.BatchAdmin;
import dev.archive.model.BatchId;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.HistoryEvent;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code archive history}: what a batch went through. */
@Command(
    name = "history",
    description = {
      "Prints every change of a batch, and proves that none is missing or was altered.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive history 01K0000000000000000000000A"},
    sortOptions = false)
public final class HistoryCommand implements Callable<Integer> {
  private static final String NO_DIGEST = "-".repeat(64);

  private final Context context;
  @Mixin private ServerChoice server;

  @Parameters(paramLabel = "BATCH", description = "The id of the batch (26 characters).")
  private String batch;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public HistoryCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    BatchId id = BatchArgument.parse(batch);
    context.out().are(Output.Purpose.CHECKS);
    context.out().hold("the history", "it was checked to its end, and nothing was changed");
    try (ServerChoice.Opened opened = server.open(context, json);
        BatchAdmin admin =
            new BatchAdmin(opened.endpoint(), Context.version(), new SecureRandom())) {
      Sha256 hash = admin.history(id, this::print);
      if (!json) {
        context.row("hash", "sha256:" + hash);
      }
      return ExitCodes.OK;
    }
  }

  private void print(HistoryEvent event) {
    context
        .out()
        .println(
            json
                ? Json.text(event)
                : String.format(
                    Locale.ROOT,
                    "%d  %s  %-10s  %s  %s  %s  %s",
                    event.version(),
                    event.at(),
                    event.kind(),
                    event.sha256() == null ? NO_DIGEST : event.sha256(),
                    Objects.toString(event.fileSize(), "-"),
                    Text.brief(event.operation()),
                    Text.printable(
                        Objects.toString(event.logicalPath(), String.valueOf(event.status())))));
  }
}
