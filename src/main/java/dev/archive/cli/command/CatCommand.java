package dev.archive.cli.command;

import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.DurationOption;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Interrupts;
import dev.archive.client.fetch.Export;
import dev.archive.client.fetch.FetchSession;
import dev.archive.client.work.Progress;
import dev.archive.model.BatchId;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code archive cat}: one file of a batch on standard output. */
@Command(
    name = "cat",
    description = {
      "Writes one file of a finalized batch to standard output. Its last bytes follow only when all"
          + " of it is proved; exit 6 where it is not what was archived.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive cat 01K0000000000000000000000A letters/1843-07-10.txt"},
    sortOptions = false)
public final class CatCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private ServerChoice server;

  @Parameters(
      index = "0",
      paramLabel = "BATCH",
      description = "The id of the batch (26 characters).")
  private String batch;

  @Parameters(index = "1", paramLabel = "PATH", description = "The file, as the batch names it.")
  private String path;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationOption.class,
      description = "End after this time, with exit 5.")
  private @Nullable Duration timeout;

  public CatCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    BatchId id = BatchArgument.parse(batch);
    context.out().hold("the file", "nothing was changed");
    try (Interrupts interrupts = Interrupts.ofThisThread();
        ServerChoice.Opened opened = server.open(context, true);
        FetchSession session =
            new FetchSession(
                opened.endpoint(),
                Context.version(),
                1,
                timeout,
                Progress.silent(),
                context.clock(),
                new SecureRandom())) {
      interrupts.alsoBy(session::stop);
      try {
        new Export(session, id).file(path, context.out().stream());
        return ExitCodes.OK;
      } catch (Exception e) {
        if (!interrupts.came()) {
          throw e;
        }
        context.complain("interrupted: the output ends before the end of the file");
        return interrupts.exit();
      } finally {
        // The embedded server is still to be closed in order.
        Thread.interrupted();
      }
    }
  }
}
