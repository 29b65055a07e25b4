package dev.archive.cli.command;

import dev.archive.cli.option.AccessOptions;
import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.RunOptions;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.client.api.Endpoint;
import dev.archive.client.plan.BatchReader;
import dev.archive.client.state.StateDirectory;
import dev.archive.client.state.UnfinishedRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.Filters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code archive resume}: the run of an earlier {@code archive upload} once more, with server,
 * sources, root path, uploader and metadata out of its journal.
 */
@Command(
    name = "resume",
    description = {
      "Resumes an interrupted upload, as the same upload command would. Server, sources,"
          + " --root-path, --uploader, --metadata, filters and --allow-skipped are those of the interrupted"
          + " run. Give every other option again, among them --receipt, --timeout and --allow-empty;"
          + " --allow-upload-host is never kept, because it says where bytes may go.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive resume",
      "  archive resume 01K0000000000000000000000A",
      "  archive resume --forget 01K0000000000000000000000A"
    },
    sortOptions = false)
public final class ResumeCommand implements Callable<Integer> {
  private final Context context;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Its batch, or its id (default: the one run that is unfinished).")
  private @Nullable String name;

  @Option(
      names = "--forget",
      paramLabel = "RUN",
      description = "Forget an unfinished run, by its batch or its id; nothing is sent.")
  private @Nullable String forget;

  @Mixin private AccessOptions access;
  @Mixin private RunOptions options;

  public ResumeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    if (forget == null) {
      options.tellOutcome(context);
    }
    options.check();
    StateDirectory state = options.stateDirectory(context);
    List<String> unusable = new ArrayList<>();
    List<UnfinishedRun> unfinished = state.unfinished(unusable::add);
    if (forget != null) {
      say(UnfinishedRuns.forget(forget, unfinished, state));
      return ExitCodes.OK;
    }
    List<Path> sources = unfinished.stream().flatMap(run -> run.sources().stream()).toList();
    options.record(context, sources, false);
    unusable.forEach(context::complain);
    if (name != null) {
      UnfinishedRun named = UnfinishedRuns.find(name, unfinished);
      return named == null ? ended(BatchArgument.parse(name), state) : resume(named, state);
    }
    List<UnfinishedRun> possible =
        unfinished.stream().filter(run -> run.vanished().isEmpty()).toList();
    if (possible.isEmpty()) {
      return none(unfinished, unusable.size());
    }
    if (possible.size() > 1) {
      UnfinishedRuns.print(unfinished, context, options.json);
      throw new ArchiveException(
          ErrorCode.USAGE,
          Count.of(unfinished.size(), "run")
              + " are unfinished; nothing was done. Name one by its batch or its id, or forget one with --forget");
    }
    unfinished.stream()
        .filter(run -> !run.vanished().isEmpty())
        .forEach(run -> context.complain(vanished(run)));
    return resume(possible.get(0), state);
  }

  /** No run can be resumed; the exit says whether that is well. */
  private int none(List<UnfinishedRun> vanished, int unusable) {
    if (unusable > 0) {
      vanished.forEach(run -> context.complain(vanished(run)));
      throw new ArchiveException(
          ErrorCode.USAGE,
          "of the journals on this machine "
              + unusable
              + " cannot be used (named above), and no other run can be resumed; nothing was done");
    }
    if (!vanished.isEmpty()) {
      int last = vanished.size() - 1;
      vanished.subList(0, last).forEach(run -> context.complain(vanished(run)));
      throw new ArchiveException(ErrorCode.INCOMPLETE, vanished(vanished.get(last)));
    }
    // What a boot script asks each time is answered mostly so, and is no failure.
    say("there is no run to resume; nothing was done");
    return ExitCodes.OK;
  }

  private static String vanished(UnfinishedRun run) {
    return "the upload"
        + (run.batch() == null ? "" : " to batch " + run.batch())
        + " cannot be resumed: its source "
        + Text.quote(run.vanished().get(0).toString())
        + " is gone; nothing was sent. Put it back, or forget the run with archive resume --forget "
        + run.id();
  }

  private int resume(UnfinishedRun run, StateDirectory state) throws Exception {
    if (!run.vanished().isEmpty()) {
      throw new ArchiveException(ErrorCode.INCOMPLETE, vanished(run));
    }
    RunOptions.Subject subject =
        new RunOptions.Subject(
            run.sources(),
            run.uploader(),
            run.rootPath(),
            run.metadata(),
            false,
            run.allowSkipped(),
            filters(run, state));
    say(
        "resuming the upload of "
            + UnfinishedRuns.sources(run)
            + " to "
            + Text.printable(run.server()));
    return new Uploading(context, options, subject).run(() -> open(run, state));
  }

  private static Filters filters(UnfinishedRun run, StateDirectory state) {
    Filters filters = Filters.parse(run.filters());
    if (!filters.lackNames()) {
      return filters;
    }
    Filters whole = filters.of(state.names(run.id()));
    if (!whole.options().equals(filters.options())) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the list of names of run "
              + run.id()
              + " is damaged; nothing was sent. Give the upload command again with --files-from");
    }
    return whole;
  }

  /** Opens the server, and asks it first whether the batch was given up meanwhile. */
  private ServerChoice.Opened open(UnfinishedRun run, StateDirectory state) {
    ServerChoice.Opened opened = ServerChoice.named(run.server(), access, context, state);
    try {
      if (run.batch() != null && isAborted(run.batch(), opened.endpoint())) {
        throw new ArchiveException(
            ErrorCode.STATE_DIFFERS,
            "batch "
                + run.batch()
                + " was aborted on the server and is not resumed; nothing was sent. Forget it with"
                + " archive resume --forget "
                + run.id()
                + ", or archive the sources again with archive upload");
      }
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static boolean isAborted(BatchId batch, Endpoint server) {
    try (BatchReader reader = new BatchReader(server, Context.version(), new SecureRandom())) {
      return BatchStatus.ABORTED.toString().equals(reader.summary(batch).status());
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.BATCH_NOT_FOUND || e.code() == ErrorCode.NOT_FOUND) {
        // What follows from that is decided where the batch is opened.
        return false;
      }
      throw e;
    }
  }

  private int ended(BatchId id, StateDirectory state) {
    if (!Files.exists(state.receipt(id))) {
      throw new ArchiveException(
          ErrorCode.USAGE, "there is no run of batch " + id + " on this machine; nothing was done");
    }
    say("batch " + id + " was archived; archive receipt " + id + " prints its receipt");
    return ExitCodes.OK;
  }

  private void say(String message) {
    if (!options.quiet && !options.json) {
      context.complain(message);
    }
  }
}
