package dev.archive.cli;

import dev.archive.client.StateDirectory;
import dev.archive.client.UnfinishedRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code archive resume}: the run of an earlier {@code archive upload} once more, with server,
 * sources, root path, uploader and metadata out of its journal.
 */
@Command(
    name = "resume",
    description = {
      "Takes up a run of upload that was broken off, as the same upload command again" + " would.",
      ""
    },
    sortOptions = false)
final class ResumeCommand implements Callable<Integer> {
  private final Context context;

  @Parameters(
      arity = "0..1",
      paramLabel = "BATCH",
      description = "The id of its batch (default: the one run that is unfinished).")
  private String batch;

  @Mixin private RunOptions options;

  ResumeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    options.check();
    StateDirectory state = options.stateDirectory(context);
    List<String> unusable = new ArrayList<>();
    List<UnfinishedRun> unfinished = state.unfinished(unusable::add);
    unusable.forEach(context::complain);
    if (batch != null) {
      BatchId id = BatchId.parse(batch);
      List<UnfinishedRun> named =
          unfinished.stream().filter(run -> id.equals(run.batch())).toList();
      return named.isEmpty() ? ended(id, state) : resume(named.get(0));
    }
    if (unfinished.isEmpty() && !unusable.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "of the journals on this machine "
              + unusable.size()
              + " cannot be used (named above), and no other run is unfinished; nothing was done");
    }
    if (unfinished.isEmpty()) {
      // What a boot script asks each time is answered mostly so, and is no failure.
      say("there is no run to take up; nothing was done");
      return ExitCodes.OK;
    }
    if (unfinished.size() > 1) {
      unfinished.forEach(run -> context.out().println(options.json ? json(run) : line(run)));
      throw new ArchiveException(
          ErrorCode.USAGE,
          unfinished.size()
              + " runs are unfinished; nothing was done. Name the batch of one, or run the upload"
              + " command again for one that has no batch yet");
    }
    return resume(unfinished.get(0));
  }

  private int resume(UnfinishedRun run) throws Exception {
    RunOptions.Subject subject =
        new RunOptions.Subject(
            run.sources(), run.uploader(), run.rootPath(), run.metadata(), false);
    say("taking up the upload of " + sources(run) + " to " + Text.printable(run.server()));
    return new Uploading(context, options, subject)
        .run(() -> ServerChoice.named(run.server(), context));
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

  private static String sources(UnfinishedRun run) {
    return run.sources().stream()
        .map(source -> Text.printable(source.toString()))
        .collect(Collectors.joining(", "));
  }

  private static String line(UnfinishedRun run) {
    return String.join(
        "  ",
        run.batch() == null ? "(no batch yet)            " : run.batch().value(),
        run.lastActive().truncatedTo(ChronoUnit.SECONDS).toString(),
        Text.printable(run.server()),
        sources(run));
  }

  private static String json(UnfinishedRun run) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "unfinished");
    event.put("batch_id", run.batch() == null ? null : run.batch().value());
    event.put("last_active", run.lastActive().truncatedTo(ChronoUnit.SECONDS).toString());
    event.put("server", run.server());
    event.put("sources", run.sources().stream().map(Path::toString).toList());
    event.put("root_path", run.rootPath());
    event.put("uploader", run.uploader());
    return Json.text(event);
  }
}
