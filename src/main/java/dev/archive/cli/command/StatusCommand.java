package dev.archive.cli.command;

import dev.archive.cli.option.AttachedValue;
import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.DurationOption;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.view.BatchStanding;
import dev.archive.client.plan.BatchReader;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.StatusHead;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code archive status}: what the server says of a batch. */
@Command(
    name = "status",
    description = {"Prints what the server holds of a batch.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive status 01K0000000000000000000000A",
      "  archive status --wait=1h 01K0000000000000000000000A",
      "  archive status --files --json 01K0000000000000000000000A"
    },
    sortOptions = false)
public final class StatusCommand implements Callable<Integer> {
  private static final Duration FIRST_DELAY = Duration.ofMillis(250);
  private static final Duration MAX_DELAY = Duration.ofSeconds(8);

  private final Context context;
  @Mixin private ServerChoice server;

  @Parameters(paramLabel = "BATCH", description = "The id of the batch (26 characters).")
  private String batch;

  @Option(names = "--files", description = "List its files too, the last changed last.")
  private boolean listFiles;

  @Option(
      names = "--json",
      description = "Print JSON: the batch on one line, then each file on one.")
  private boolean json;

  public StatusCommand(Context context) {
    this.context = context;
  }

  @Option(
      names = "--wait",
      arity = "0..1",
      paramLabel = "DURATION",
      fallbackValue = "3650d",
      preprocessor = AttachedValue.class,
      converter = DurationOption.class,
      description =
          "Wait until the batch is finalized (at most for example 10m, then exit 5); exit 3 if it"
              + " is aborted or expired.")
  private @Nullable Duration wait;

  @Override
  public Integer call() {
    BatchId id = BatchArgument.parse(batch);
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the status", "nothing was changed");
    try (ServerChoice.Opened opened = server.open(context, json);
        BatchReader reader =
            new BatchReader(opened.endpoint(), Context.version(), new SecureRandom())) {
      StatusHead head = wait == null ? reader.summary(id) : finalized(id, reader);
      if (json) {
        context.out().println(Json.text(head));
      } else {
        print(head);
      }
      if (listFiles) {
        reader.status(id, json ? file -> context.out().println(Json.text(file)) : this::print);
      }
      return wait == null ? ExitCodes.OK : exit(BatchStanding.of(head.status()));
    }
  }

  private static int exit(BatchStanding standing) {
    return switch (standing) {
      case FINALIZED, PROCESSING_FAILED -> ExitCodes.OK;
      case GONE, UNFINISHED -> ExitCodes.INCOMPLETE;
      case UNKNOWN -> ExitCodes.DIFFERENT;
    };
  }

  /** The state once nothing more is to come; a server that cannot be reached is asked again. */
  private StatusHead finalized(BatchId id, BatchReader reader) {
    Deadline deadline = Deadline.in(wait);
    Pause pause = Pause.real();
    Duration delay = FIRST_DELAY;
    while (true) {
      String last;
      try {
        StatusHead head = reader.summary(id);
        if (BatchStanding.of(head.status()) != BatchStanding.UNFINISHED) {
          return head;
        }
        last = "is still " + Text.brief(head.status());
      } catch (ArchiveException e) {
        if (!e.code().retryable() || deadline.isOver()) {
          throw e;
        }
        last = "could not be asked for: " + e.getMessage();
      }
      if (deadline.isOver()) {
        throw new ArchiveException(
            ErrorCode.TIMED_OUT,
            "the time given with --wait is over: batch "
                + id
                + " "
                + last
                + "; nothing was changed");
      }
      pause.last(delay.compareTo(wait) < 0 ? delay : wait);
      delay = delay.compareTo(MAX_DELAY) < 0 ? delay.multipliedBy(2) : delay;
    }
  }

  private void print(StatusHead head) {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("batch", Text.brief(head.batchId()));
    rows.put("status", Text.brief(head.status()));
    if (head.version() != null) {
      rows.put("version", head.version().toString());
    }
    rows.put("uploader", Text.brief(head.uploader()));
    rows.put("root", Text.printable(head.rootPath()));
    rows.put(
        "files", String.format(Locale.ROOT, "%,d of %,d", head.filesUploaded(), head.fileCount()));
    rows.put(
        "bytes",
        String.format(Locale.ROOT, "%,d of %,d", head.totalBytesUploaded(), head.totalSize()));
    rows.put("created", Text.brief(head.createdAt()));
    if (head.enqueuedAt() != null) {
      rows.put("finalized", Text.brief(head.enqueuedAt()));
    }
    if (head.manifestSha256() != null) {
      rows.put("manifest", "sha256:" + Text.brief(head.manifestSha256()));
    }
    context.rows(rows);
  }

  private void print(FileStatus file) {
    context
        .out()
        .printf(
            Locale.ROOT,
            "%s  %s  %d  %s%n",
            file.sha256() == null ? "-".repeat(64) : Text.brief(file.sha256()),
            Text.brief(file.status()),
            file.fileSize(),
            Text.printable(file.logicalPath()));
  }
}
