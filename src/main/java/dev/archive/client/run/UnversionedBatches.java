package dev.archive.client.run;

import dev.archive.client.api.IngestApi;
import dev.archive.client.api.OneAtATimeIngestApi;
import dev.archive.client.plan.Plan;
import dev.archive.client.run.BatchGivenUpException.Reason;
import dev.archive.client.send.BatchSender;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The plan on a server without versions. A batch that has an entry twice, keeps changing, or has a
 * file whose multipart upload was given up can never be brought to the plan: it is given up and
 * another is opened, in which the calls that change state go one at a time from the start; a
 * bounded number of times.
 */
final class UnversionedBatches {
  private static final int MAX_BATCHES = 3;

  private final IngestApi api;
  private final Plan plan;
  private final Supplier<BatchId> open;
  private final Function<IngestApi, BatchSender> senders;
  private final Pause pause;
  private final Progress progress;

  /** Batches whose finalize failed, so that nothing tells whether they were finalized. */
  private final List<BatchId> doubtful = new ArrayList<>();

  UnversionedBatches(
      IngestApi api,
      Plan plan,
      Supplier<BatchId> open,
      Function<IngestApi, BatchSender> senders,
      Pause pause,
      Progress progress) {
    this.api = api;
    this.plan = plan;
    this.open = open;
    this.senders = senders;
    this.pause = pause;
    this.progress = progress;
  }

  /**
   * Brings the plan into a batch and finalizes it.
   *
   * @return the answer to finalize, or the files that cannot be archived
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where three batches had to be given up
   */
  Completion complete() {
    boolean careful = false;
    Set<BatchId> opened = new HashSet<>();
    for (int tries = 1; ; tries++) {
      BatchId batch = openOrExplain();
      if (!opened.add(batch)) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER,
            "the server was asked for a new batch and answered with "
                + batch
                + ", which was given up; it was not used again");
      }
      try {
        return batch(batch, careful).complete();
      } catch (BatchGivenUpException e) {
        if (e.reason() == Reason.FINALIZE) {
          doubtful.add(batch);
        }
        if (tries == MAX_BATCHES) {
          throw failed(e);
        }
        progress.note(
            "batch "
                + batch
                + " is given up, and a new one is opened with calls one at a time: "
                + e.getMessage());
        careful = true;
      }
    }
  }

  private UnversionedBatch batch(BatchId id, boolean careful) {
    boolean hasStatus = api.status(id, plan.maxHeld(), file -> {}) != null;
    // Without a status a loss is seen late and dearly: rather let nothing overlap.
    BatchSender sender = senders.apply(careful || !hasStatus ? new OneAtATimeIngestApi(api) : api);
    return new UnversionedBatch(api, plan, id, sender, hasStatus, pause, progress);
  }

  private ArchiveException failed(BatchGivenUpException last) {
    last.differences().forEach(progress::problem);
    int others = last.differences().size() - 1;
    return new ArchiveException(
        ErrorCode.STATE_DIFFERS,
        "the server did not take the plan in "
            + MAX_BATCHES
            + " batches: "
            + last.differences().get(0)
            + (others == 0 ? "" : " (and " + others + " more)")
            + "; "
            + (doubtful.isEmpty()
                ? "nothing was finalized"
                : "whether " + doubtful + " were finalized is unknown")
            + "; "
            + advice(last.reason()),
        last);
  }

  private String advice(Reason reason) {
    return switch (reason) {
      case ASSEMBLY ->
          "run the same command again later, or report it to the operator of the server";
      case ERRORS, FINALIZE ->
          plan.size() > 1
              ? "it may not hold "
                  + Count.of(plan.size(), "file")
                  + " in one batch: try several smaller batches"
              : "run the same command again later";
      case STATE -> "run the same command again later";
    };
  }

  private BatchId openOrExplain() {
    try {
      return open.get();
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.INVALID_REQUEST && e.getMessage().contains("root_path")) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            e.getMessage() + "; this server wants another root path: name one with --root-path",
            e);
      }
      throw e;
    }
  }
}
