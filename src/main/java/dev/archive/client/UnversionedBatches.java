package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.StatusHead;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The plan on a server without versions, whose answers may be undone by other calls: a {@code
 * start} or {@code complete} that was answered with success can vanish. So all is sent; then, in
 * quiet, the server's state is compared with the plan and repaired one call at a time until it
 * holds; then finalize is called once and its answer compared.
 *
 * <p>A batch that has an entry twice, or keeps changing, can never be brought to the plan. It is
 * given up and another is opened, in which the calls that change state go one at a time from the
 * start.
 */
final class UnversionedBatches {
  private static final int BATCHES = 3;
  private static final int ROUNDS = 6;
  private static final int MOST_NAMED = 20;

  /**
   * How long a missing file is looked for again: such stores may show an old state for a minute.
   */
  private static final List<Duration> PATIENCE =
      List.of(
          Duration.ofMillis(500),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          Duration.ofSeconds(4),
          Duration.ofSeconds(8),
          Duration.ofSeconds(16),
          Duration.ofSeconds(32));

  private final IngestApi api;
  private final Plan plan;
  private final Supplier<BatchId> open;
  private final Function<IngestApi, BatchSender> senders;
  private final Pause pause;
  private final Progress progress;

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

  /** That a batch cannot be brought to the plan any more. */
  private static final class GivenUp extends Exception {
    private final transient List<String> differences;

    GivenUp(List<String> differences) {
      super(String.join("; ", differences.subList(0, Math.min(MOST_NAMED, differences.size()))));
      this.differences = differences;
    }
  }

  Completion complete() {
    boolean careful = false;
    for (int tries = 1; ; tries++) {
      BatchId batch = openOrExplain();
      Batch attempt = new Batch(batch, careful);
      try {
        return attempt.complete();
      } catch (GivenUp e) {
        if (tries == BATCHES) {
          e.differences.forEach(progress::problem);
          throw new ArchiveException(
              ErrorCode.STATE_DIFFERS,
              "the server's state could not be brought to the plan in "
                  + BATCHES
                  + " batches; nothing was finalized. Several smaller batches may fit it better",
              e);
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

  /** One batch and what is known of it. */
  private final class Batch {
    private final BatchId id;
    private final boolean hasStatus;
    private final BatchSender sender;

    Batch(BatchId id, boolean careful) {
      this.id = id;
      this.hasStatus = api.status(id, file -> {}) != null;
      // Without a status a loss is seen late and dearly: rather let nothing overlap.
      this.sender = senders.apply(careful || !hasStatus ? new OneAtATimeIngestApi(api) : api);
    }

    Completion complete() throws GivenUp {
      sender.send(id, plan.files());
      for (int round = 0; round < ROUNDS; round++) {
        if (!sender.failures().isEmpty()) {
          return new Completion(id, null, sender.failures());
        }
        boolean holds = hasStatus ? repairByStatus() : repairByCompleting();
        if (holds && sender.failures().isEmpty()) {
          FinalizeAnswer answer = finalizeOnce();
          if (answer != null) {
            return new Completion(id, answer, List.of());
          }
        }
      }
      throw new GivenUp(List.of("its state keeps changing"));
    }

    /** Whether the server's state holds the plan; if not, what can be repaired was. */
    private boolean repairByStatus() throws GivenUp {
      Delta delta = observePatiently();
      if (delta.isHopeless()) {
        throw new GivenUp(delta.describe(Integer.MAX_VALUE));
      }
      for (SourceFile file : delta.unfinished()) {
        completeAgain(file);
      }
      for (SourceFile file : delta.missing()) {
        sendAgain(file);
      }
      return delta.isEmpty();
    }

    private Delta observePatiently() throws GivenUp {
      Delta delta = observe();
      for (Duration wait : PATIENCE) {
        if (delta.missing().isEmpty()) {
          break;
        }
        pause.last(wait);
        delta = observe();
      }
      return delta;
    }

    private Delta observe() throws GivenUp {
      Delta.Builder comparing = new Delta.Builder(plan);
      StatusHead head;
      try {
        head = api.status(id, comparing::add);
      } catch (ArchiveException e) {
        throw givenUpOr(e, "status");
      }
      if (head == null) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER,
            "the server had the status of batch " + id + " and now denies it");
      }
      return comparing.build();
    }

    /** Whether completing each file again met none that was lost; those that were are sent anew. */
    private boolean repairByCompleting() throws GivenUp {
      boolean clean = true;
      for (SourceFile file : plan.files()) {
        if (!completeAgain(file)) {
          clean = false;
          if (completion(file) == null || !appears(file)) {
            sendAgain(file);
          }
        }
      }
      return clean;
    }

    private boolean appears(SourceFile file) throws GivenUp {
      for (Duration wait : PATIENCE) {
        pause.last(wait);
        if (completeAgain(file)) {
          return true;
        }
      }
      return false;
    }

    /**
     * Repeats the completion of a file whose bytes were sent; false where the server does not know
     * the file.
     */
    private boolean completeAgain(SourceFile file) throws GivenUp {
      CompleteRequest completion = completion(file);
      if (completion == null) {
        // It was registered by a call whose answer, and with it the URL, is lost: nothing can be
        // sent to it.
        if (hasStatus) {
          throw new GivenUp(
              List.of(file.path() + " is registered, but the answer with its URL was lost"));
        }
        return false;
      }
      try {
        api.complete(id, completion, file.size());
        return true;
      } catch (ArchiveException e) {
        if (e.code() == ErrorCode.FILE_NOT_FOUND) {
          return false;
        }
        throw givenUpOr(e, file.path().toString());
      }
    }

    private void sendAgain(SourceFile file) throws GivenUp {
      try {
        sender.sendAlone(id, file);
      } catch (ArchiveException e) {
        throw givenUpOr(e, file.path().toString());
      }
    }

    private CompleteRequest completion(SourceFile file) {
      Outcome outcome = sender.outcome(file);
      if (outcome instanceof Outcome.Sent sent) {
        return sent.completion();
      }
      return outcome instanceof Outcome.Doubtful doubtful ? doubtful.completion() : null;
    }

    /**
     * Finalizes, when nothing is in flight; null where the server sees files that are not complete.
     */
    private FinalizeAnswer finalizeOnce() throws GivenUp {
      try {
        return api.finalizeBatch(id, null, null);
      } catch (ArchiveException e) {
        if (e.code() == ErrorCode.FILES_INCOMPLETE) {
          return null;
        }
        if (e.code() == ErrorCode.INTERNAL) {
          throw new GivenUp(List.of("finalize fails: " + e.getMessage()));
        }
        throw e;
      }
    }

    /** A server that fails for this batch, while it can be reached, may do better with another. */
    private GivenUp givenUpOr(ArchiveException e, String what) {
      if (e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.INVALID_REQUEST) {
        return new GivenUp(List.of(what + ": " + e.getMessage()));
      }
      throw e;
    }
  }
}
