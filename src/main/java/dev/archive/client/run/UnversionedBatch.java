package dev.archive.client.run;

import dev.archive.client.api.IngestApi;
import dev.archive.client.plan.Delta;
import dev.archive.client.plan.Plan;
import dev.archive.client.run.BatchGivenUpException.Reason;
import dev.archive.client.send.BatchSender;
import dev.archive.client.send.Outcome;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.StatusHead;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One batch on a server without versions, whose answers may be undone by other calls: a {@code
 * start} or {@code complete} that was answered with success can vanish. So all is sent; then, when
 * nothing is in flight, the server's state is compared with the plan and repaired one call at a
 * time until it holds; then finalize is called once and its answer compared.
 *
 * <p><b>When a multipart file counts as held.</b> Servers that tell the status of a batch mark a
 * file complete before they assemble its parts. Where the assembling fails, the next {@code
 * complete} says success, {@code status} says completed and finalize takes the batch, and there is
 * no object. So one thing alone proves an object: the first {@code complete} of its upload was
 * answered with success. Every way to finalize keeps to that:
 *
 * <ul>
 *   <li>{@link dev.archive.client.api.RetryingIngestApi} repeats {@code complete} of a multipart
 *       upload only where no connection came about, and {@link
 *       dev.archive.client.api.HttpIngestApi} gives OkHttp nothing that it repeats by itself. The
 *       answer that {@link dev.archive.client.send.FileSender} sees is that to the first call.
 *   <li>Any other failure, or no answer, is {@link Outcome.Abandoned}. The batch is given up with
 *       it and never finalized, even if its status or a later answer says otherwise: neither a
 *       repair, nor a second registration in the same batch, whose entry an older state of the
 *       store could replace by the marked one.
 *   <li>{@code File not found in batch} is the exception. The call marked nothing, so the file is
 *       registered and sent again. If its old entry returns, its upload is another one, and {@code
 *       complete} is refused.
 *   <li>{@link #completeAgain} never sees the upload of an abandoned or doubtful file: only {@link
 *       Outcome.Sent} keeps the completion of a multipart upload. It is repeated only where the
 *       server has no status: those servers mark last, so that success says that the mark stands.
 *       Where a server with status has lost the mark, the batch is given up.
 *   <li>What the status calls completed counts only together with {@link Outcome.Sent}, or, for a
 *       file in one piece, with a PUT that was answered with success ({@link #requireSent}).
 *   <li>A resumed run opens a new batch, and knows no outcome of an earlier one.
 * </ul>
 *
 * <p>A network that delivers one {@code complete} twice, and only the second answer, cannot be told
 * from a good one here.
 */
final class UnversionedBatch {
  private static final int MAX_ROUNDS = 6;

  /**
   * The waits after which a missing file is looked for again: such stores may show an old state for
   * a minute.
   */
  private static final List<Duration> STALE_READ_WAITS =
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
  private final BatchId id;
  private final BatchSender sender;
  private final boolean hasStatus;
  private final Pause pause;
  private final Progress progress;

  /**
   * A batch of which nothing was sent yet.
   *
   * @param hasStatus whether the server tells the state of its batches
   */
  UnversionedBatch(
      IngestApi api,
      Plan plan,
      BatchId id,
      BatchSender sender,
      boolean hasStatus,
      Pause pause,
      Progress progress) {
    this.api = api;
    this.plan = plan;
    this.id = id;
    this.sender = sender;
    this.hasStatus = hasStatus;
    this.pause = pause;
    this.progress = progress;
  }

  /**
   * Sends the plan, repairs the batch until it holds the plan, and finalizes it.
   *
   * @return the answer to finalize, or the files that cannot be archived
   */
  Completion complete() throws BatchGivenUpException {
    sender.send(id, plan.files());
    for (int round = 0; round < MAX_ROUNDS; round++) {
      if (!sender.failures().isEmpty()) {
        return new Completion(id, null, sender.failures());
      }
      requireNoneAbandoned();
      boolean holds = hasStatus ? repairByStatus() : repairByCompleting();
      if (holds && sender.failures().isEmpty()) {
        requireOwnKeys();
        FinalizeAnswer answer = finalizeOnce();
        if (answer != null) {
          return new Completion(id, answer, List.of());
        }
      }
    }
    throw new BatchGivenUpException(Reason.STATE, List.of("its state keeps changing"));
  }

  private void requireNoneAbandoned() throws BatchGivenUpException {
    List<Outcome.Abandoned> abandoned = sender.abandoned();
    if (!abandoned.isEmpty()) {
      throw new BatchGivenUpException(
          Reason.ASSEMBLY, abandoned.stream().map(Outcome.Abandoned::describe).toList());
    }
  }

  /** Whether the server's state holds the plan; if not, what can be repaired was. */
  private boolean repairByStatus() throws BatchGivenUpException {
    Delta delta = observePatiently();
    if (delta.isHopeless()) {
      throw new BatchGivenUpException(Reason.STATE, delta.describe(Integer.MAX_VALUE));
    }
    for (SourceFile file : delta.unfinished()) {
      requireRepeatable(file);
      completeAgain(file);
    }
    for (SourceFile file : delta.missing()) {
      sendAgain(file);
    }
    if (!delta.isEmpty()) {
      return false;
    }
    requireSent();
    return true;
  }

  /** Proves that a file which is registered, and not complete, can be completed. */
  private void requireRepeatable(SourceFile file) throws BatchGivenUpException {
    if (!isSent(file)) {
      throw differs(file, "is registered, but the answer with its URL was lost");
    }
    if (isSentInParts(file)) {
      throw differs(file, "was completed, and the server has forgotten it");
    }
  }

  /** Proves that what the server calls complete is what was sent to it. */
  private void requireSent() throws BatchGivenUpException {
    for (SourceFile file : plan.files()) {
      if (!isSent(file)) {
        throw differs(file, "is complete for the server, but its bytes were not sent");
      }
    }
  }

  /** Proves that no file took the place of another in the storage; no other batch would help. */
  private void requireOwnKeys() {
    Map<String, SourceFile> files = new HashMap<>();
    for (SourceFile file : plan.files()) {
      SourceFile other = files.put(completion(file).r2Key(), file);
      if (other != null) {
        throw new ArchiveException(
            ErrorCode.STATE_DIFFERS,
            "the server stores "
                + name(other)
                + " and "
                + name(file)
                + " as one object; batch "
                + id
                + " was not finalized; rename one of the two and run the same command again");
      }
    }
  }

  private static BatchGivenUpException differs(SourceFile file, String how) {
    return new BatchGivenUpException(Reason.STATE, List.of(name(file) + " " + how));
  }

  private static String name(SourceFile file) {
    return Text.printable(file.path().toString());
  }

  private boolean isSent(SourceFile file) {
    return completion(file) != null;
  }

  private boolean isSentInParts(SourceFile file) {
    return isSent(file) && completion(file).uploadId() != null;
  }

  private Delta observePatiently() throws BatchGivenUpException {
    Delta delta = observe();
    if (!stale(delta).isEmpty()) {
      tellWait(stale(delta));
    }
    for (Duration wait : STALE_READ_WAITS) {
      if (stale(delta).isEmpty()) {
        break;
      }
      pause.last(wait);
      delta = observe();
    }
    return delta;
  }

  /** What the server may only not show yet, and what waiting alone can mend. */
  private List<SourceFile> stale(Delta delta) {
    List<SourceFile> stale = new ArrayList<>(delta.missing());
    delta.unfinished().stream().filter(this::isSentInParts).forEach(stale::add);
    return stale;
  }

  private void tellWait(List<SourceFile> files) {
    long seconds = STALE_READ_WAITS.stream().reduce(Duration.ZERO, Duration::plus).toSeconds();
    progress.note(
        "the server does not show "
            + Count.of(files.size(), "file")
            + " of batch "
            + id
            + " as sent (the first is "
            + name(files.get(0))
            + "): its state may be old, so it is asked again for up to "
            + seconds
            + " s; nothing is finalized meanwhile, and Ctrl-C is safe");
  }

  private Delta observe() throws BatchGivenUpException {
    Delta.Builder comparing = new Delta.Builder(plan);
    StatusHead head;
    try {
      head = api.status(id, plan.maxHeld(), comparing::add);
    } catch (ArchiveException e) {
      throw givenUpOr(e, "status");
    }
    if (head == null) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, "the server had the status of batch " + id + " and now denies it");
    }
    return comparing.build();
  }

  /** Whether completing each file again met none that was lost; those that were are sent again. */
  private boolean repairByCompleting() throws BatchGivenUpException {
    List<SourceFile> lost = lost(plan.files());
    boolean clean = lost.isEmpty();
    if (lost.stream().anyMatch(this::isSent)) {
      tellWait(lost);
    }
    for (Duration wait : STALE_READ_WAITS) {
      if (lost.stream().noneMatch(this::isSent)) {
        break;
      }
      pause.last(wait);
      lost = lost(lost);
    }
    for (SourceFile file : lost) {
      sendAgain(file);
    }
    return clean;
  }

  /** Those of the files that cannot be completed again. */
  private List<SourceFile> lost(List<SourceFile> files) throws BatchGivenUpException {
    List<SourceFile> lost = new ArrayList<>();
    for (SourceFile file : files) {
      if (!completeAgain(file)) {
        lost.add(file);
      }
    }
    return lost;
  }

  /**
   * Repeats the completion of a file whose bytes were sent; false where there is none, or where the
   * server does not know the file.
   */
  private boolean completeAgain(SourceFile file) throws BatchGivenUpException {
    CompleteRequest completion = completion(file);
    if (completion == null) {
      return false;
    }
    try {
      api.completeAgain(id, completion, file.size());
      return true;
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.FILE_NOT_FOUND) {
        return false;
      }
      throw givenUpOr(e, isSentInParts(file) ? name(file) + " was forgotten" : name(file));
    }
  }

  private void sendAgain(SourceFile file) throws BatchGivenUpException {
    try {
      sender.sendAlone(id, file);
    } catch (ArchiveException e) {
      throw givenUpOr(e, name(file));
    }
    requireNoneAbandoned();
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
  private FinalizeAnswer finalizeOnce() throws BatchGivenUpException {
    try {
      return api.finalizeBatch(id, null, null);
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.FILES_INCOMPLETE) {
        return null;
      }
      if (e.code() == ErrorCode.INTERNAL) {
        throw new BatchGivenUpException(
            Reason.FINALIZE, List.of("finalize failed: " + e.getMessage()));
      }
      throw e;
    }
  }

  /** A server that fails for this batch, while it can be reached, may do better with another. */
  private static BatchGivenUpException givenUpOr(ArchiveException e, String what) {
    if (e.code() != ErrorCode.INTERNAL && e.code() != ErrorCode.INVALID_REQUEST) {
      throw e;
    }
    return new BatchGivenUpException(
        e.code() == ErrorCode.INTERNAL ? Reason.ERRORS : Reason.STATE,
        List.of(what + ": " + e.getMessage()));
  }
}
