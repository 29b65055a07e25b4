package dev.archive.cli.command;

import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.view.Console;
import dev.archive.cli.view.Table;
import dev.archive.cli.view.TerminalSize;
import dev.archive.client.run.BatchAdmin;
import dev.archive.model.BatchStatus;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.StatusHead;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code archive list}: the batches of a server. */
@Command(
    name = "list",
    description = {"Lists the batches of a server, oldest first.", ""},
    footerHeading = "%nExamples:%n",
    footer = {"  archive list", "  archive list --status uploading"},
    sortOptions = false)
public final class ListCommand implements Callable<Integer> {
  private static final String[] HEADER = {
    "BATCH", "STATUS", ">FILES", ">SIZE", "CREATED", "UPLOADER", "ROOT"
  };

  private final Context context;
  @Mixin private ServerChoice server;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      completionCandidates = Words.class,
      converter = Word.class,
      description = "Only batches in this state: ${COMPLETION-CANDIDATES}.")
  private @Nullable BatchStatus status;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public ListCommand(Context context) {
    this.context = context;
  }

  /** The words of the wire. */
  static final class Words implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(BatchStatus.values()).map(BatchStatus::toString).iterator();
    }
  }

  /** Reads one of the words. */
  static final class Word implements ITypeConverter<BatchStatus> {
    @Override
    public BatchStatus convert(String text) {
      for (BatchStatus each : BatchStatus.values()) {
        if (each.toString().equals(text)) {
          return each;
        }
      }
      throw new TypeConversionException("not the status of a batch: " + Text.quote(text));
    }
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the list", "nothing was changed");
    try (ServerChoice.Opened opened = server.open(context, json);
        BatchAdmin admin =
            new BatchAdmin(opened.endpoint(), Context.version(), new SecureRandom());
        Table table = new Table(context, TerminalSize.ofOutput(), HEADER)) {
      admin.list(
          status,
          json ? head -> context.out().println(Json.text(head)) : head -> table.add(row(head)));
      return ExitCodes.OK;
    }
  }

  private static String[] row(StatusHead head) {
    return new String[] {
      Text.brief(head.batchId()),
      Text.brief(head.status()),
      head.fileCount() == null || head.filesUploaded() == null
          ? "unknown"
          : String.format(Locale.ROOT, "%,d of %,d", head.filesUploaded(), head.fileCount()),
      head.totalBytesUploaded() == null ? "unknown" : Console.size(head.totalBytesUploaded()),
      Text.brief(head.createdAt()),
      Text.brief(head.uploader()),
      Text.printable(head.rootPath())
    };
  }
}
