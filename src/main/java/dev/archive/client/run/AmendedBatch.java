package dev.archive.client.run;

import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RunFailures;
import dev.archive.client.api.StatusPages;
import dev.archive.client.plan.Delta;
import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.client.send.BatchSender;
import dev.archive.client.state.Journal;
import dev.archive.client.state.SkippedList;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import dev.archive.wire.Messages.Expected;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.Skipped;
import dev.archive.wire.Messages.StatusHead;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A batch of a server that amends: it goes on without the files that fail. What is registered of
 * them is forgotten, and the batch is finalized as what it holds, with the list of what it goes
 * without.
 *
 * <p>A completed file cannot be forgotten. Where an interrupted run sent it and it has changed or
 * vanished since, the batch keeps it if its path, size and digest are in the journal, and it is
 * named. What the journal does not know is never vouched for: such a batch is given up.
 */
final class AmendedBatch {
  private static final int ROUNDS = 5;

  /** More than a finalize of 8 MiB can name. */
  private static final long MAX_SKIPPED = 1_000_000;

  private static final FileTime LONG_AGO = FileTime.from(Instant.EPOCH);

  private final IngestApi api;
  private final Journal journal;
  private final BatchId batch;
  private final AttributeSender attributes;
  private final Function<Plan, BatchSender> senders;
  private final WorkPool pool;
  private final int parallel;
  private final Progress progress;
  private final Map<String, Failure> skipped = new LinkedHashMap<>();
  private final Map<String, Failure> outdated = new LinkedHashMap<>();
  private Plan first;
  private Plan plan;
  private boolean finalizedBefore;

  /**
   * A batch.
   *
   * @param plan what it is to hold
   * @param unreadable what is not in the plan, because it cannot be read
   * @param attributes sends those of the names
   * @param senders gives what sends files of a plan
   */
  AmendedBatch(
      IngestApi api,
      Journal journal,
      BatchId batch,
      Plan plan,
      List<Failure> unreadable,
      AttributeSender attributes,
      Function<Plan, BatchSender> senders,
      WorkPool pool,
      int parallel,
      Progress progress) {
    this.api = api;
    this.journal = journal;
    this.batch = batch;
    this.plan = plan;
    this.first = plan;
    this.attributes = attributes;
    this.senders = senders;
    this.pool = pool;
    this.parallel = parallel;
    this.progress = progress;
    unreadable.forEach(each -> skipped.put(SkippedList.free(each.name(), skipped.keySet()), each));
  }

  /**
   * How it ended.
   *
   * @param answer null where no file is left to archive, and nothing was finalized
   * @param plan what the batch holds
   * @param skipped the files that it goes without
   * @param outdated the files of which it holds what they were when an interrupted run sent them
   * @param amended whether it holds something else than was declared
   */
  record Ended(
      FinalizeAnswer answer,
      Plan plan,
      List<Failure> skipped,
      List<Failure> outdated,
      boolean amended) {}

  /** Completes a batch of which nothing was sent yet. */
  Ended complete() {
    send(plan.files());
    FinalizeAnswer answer = skipped.isEmpty() && plan.isHashed() ? finalizeAsPlanned() : null;
    Ended ended = answer == null ? rounds() : ended(answer);
    if (ended == null) {
      throw new ArchiveException(
          ErrorCode.STATE_DIFFERS,
          "batch " + batch + " could not be brought to the plan; nothing was finalized");
    }
    return ended;
  }

  /** Lets the server compare all at once; null where it differs or cannot be told. */
  private FinalizeAnswer finalizeAsPlanned() {
    try {
      return finalizeAt(null);
    } catch (ArchiveException e) {
      if (RunFailures.endsTheRun(e.code())) {
        throw e;
      }
      return null;
    }
  }

  /**
   * Completes a batch that an earlier process began.
   *
   * @return null where it cannot hold the plan any more: it has expired, or holds what nobody here
   *     knows
   */
  Ended resume() {
    StatusHead head = api.summary(batch);
    BatchStatus status = BatchStatus.parse(head.status());
    if (status == BatchStatus.EXPIRED || status == BatchStatus.ABORTED) {
      return null;
    }
    // The journal's plan may be another one.
    first = null;
    finalizedBefore = status.isFinalized();
    readSkipped(head);
    progress.resumed(told(head.filesUploaded()), told(head.totalBytesUploaded()));
    return rounds();
  }

  private static long told(Long count) {
    return count == null ? 0 : count;
  }

  /**
   * Takes over what the batch goes without already.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where the pages of it never end
   */
  private void readSkipped(StatusHead head) {
    long from = 0;
    long held = 0;
    StatusHead page = head;
    while (page.skipped() != null) {
      page.skipped().forEach(this::skippedBefore);
      held += page.skipped().size();
      Long next = page.skippedNext();
      if (next == null) {
        return;
      }
      if (next <= from || held > MAX_SKIPPED) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER,
            "the server's list of skipped files of batch " + batch + " does not advance");
      }
      from = next;
      page = api.summary(batch, from);
    }
  }

  private void skippedBefore(Skipped each) {
    if (!skipped.containsKey(each.path())) {
      String reason = Text.brief(each.reason());
      skipped.put(each.path(), new Failure(each.path(), ErrorCode.SOURCE_UNREADABLE, reason));
      progress.problem(reason);
    }
  }

  /**
   * Compares, and mends what differs, until nothing does and finalize has taken effect. A round in
   * which the plan changes does not count: each file leaves it at most once, and comes back at most
   * once as what it was.
   *
   * @return null where the batch holds what nobody here knows
   */
  private Ended rounds() {
    for (int idle = 0; idle < ROUNDS; ) {
      Plan before = plan;
      Delta.Builder comparing = new Delta.Builder(plan, true);
      StatusPages pages = new StatusPages(api, batch, plan.maxHeld() + 2 * journal.declaredFiles());
      long version = pages.read(0, page -> page.forEach(comparing::add)).version();
      Delta delta = comparing.build();
      if (!mend(delta)) {
        return null;
      }
      if (plan.size() == 0) {
        return ended(null);
      }
      if (delta.isEmpty()) {
        FinalizeAnswer answer = finalizeAt(version);
        if (answer != null) {
          return ended(answer);
        }
      }
      idle += plan == before ? 1 : 0;
    }
    throw new ArchiveException(
        ErrorCode.STATE_DIFFERS, "batch " + batch + " keeps changing; nothing was finalized");
  }

  /** Brings batch and plan nearer to each other; false where that cannot be. */
  private boolean mend(Delta delta) {
    List<FileStatus> held = new ArrayList<>();
    for (FileStatus each : delta.outside()) {
      if (FileStatus.COMPLETED.equals(each.status())) {
        held.add(each);
      } else if (!finalizedBefore) {
        forget(each);
      }
    }
    if (!held.isEmpty() && !keep(held)) {
      return false;
    }
    if (!delta.unproved().isEmpty()) {
      read(delta.unproved());
    }
    if (finalizedBefore) {
      leave(delta.missing());
      leave(delta.unfinished());
    } else if (!delta.missing().isEmpty() || !delta.unfinished().isEmpty()) {
      List<SourceFile> files = new ArrayList<>(delta.missing());
      files.addAll(delta.unfinished());
      send(files);
    }
    return true;
  }

  private void forget(FileStatus file) {
    try {
      api.forget(batch, file.r2Key());
    } catch (ArchiveException e) {
      // A late call of the interrupted run may have completed it; the next round sees that.
      if (e.code() != ErrorCode.CONFLICT && e.code() != ErrorCode.FILE_NOT_FOUND) {
        throw e;
      }
    }
  }

  /** Keeps what cannot be forgotten, if the journal knows it; false where it does not. */
  private boolean keep(List<FileStatus> held) {
    Set<FileStatus> known = journal.known(held);
    for (FileStatus each : held) {
      if (!known.contains(each)) {
        progress.note(
            "batch "
                + batch
                + " holds "
                + Text.brief(each.logicalPath())
                + " with content that no run here is known to have sent");
        return false;
      }
    }
    Map<SourceFile, Sha256> kept = new HashMap<>();
    for (FileStatus each : held) {
      LogicalPath path = LogicalPath.parse(each.logicalPath());
      int index = plan.indexOf(path);
      // With a stamp that no file has: the next run never takes it for the file of today.
      kept.put(
          new SourceFile(
              index < 0 ? Path.of(path.toString()) : plan.file(index).file(),
              path,
              new Stamp(each.fileSize(), LONG_AGO, LONG_AGO, 0, true)),
          Sha256.parse(each.sha256()));
      Failure failed = skipped.remove(path.toString());
      note(
          outdated,
          path,
          failed == null ? ErrorCode.SOURCE_CHANGED : failed.code(),
          Text.printable(path.toString())
              + ": "
              + (failed != null ? failed.reason() : index < 0 ? "it is gone" : "it has changed")
              + " since an interrupted run sent it; the batch keeps the "
              + Count.of(each.fileSize(), "byte")
              + " sent then");
    }
    plan = plan.with(kept);
    return true;
  }

  /** Reads files that the server calls complete, and whose digests are not known here. */
  private void read(List<SourceFile> files) {
    List<Failure> failed = plan.read(files, pool, parallel);
    failed.forEach(each -> progress.problem(each.reason()));
    goOnWithout(failed);
  }

  private void send(List<SourceFile> files) {
    BatchSender sender = senders.apply(plan);
    sender.send(batch, files);
    goOnWithout(sender.failures());
  }

  private void leave(List<SourceFile> files) {
    List<Failure> failed = new ArrayList<>();
    for (SourceFile file : files) {
      String path = file.path().toString();
      progress.problem(absent(path));
      failed.add(new Failure(path, ErrorCode.SOURCE_CHANGED, absent(path)));
    }
    goOnWithout(failed);
  }

  private String absent(String path) {
    return Text.printable(path)
        + ": it is not in batch "
        + batch
        + ", which was finalized before this run";
  }

  private void goOnWithout(List<Failure> failed) {
    if (failed.isEmpty()) {
      return;
    }
    Map<String, Failure> byPath = new LinkedHashMap<>();
    failed.forEach(each -> byPath.put(each.name(), each));
    plan = plan.without(byPath.keySet());
    byPath.forEach(skipped::putIfAbsent);
    byPath.keySet().forEach(outdated::remove);
  }

  private void note(
      Map<String, Failure> failures, LogicalPath path, ErrorCode code, String reason) {
    failures.put(path.toString(), new Failure(path.toString(), code, reason));
    progress.problem(reason);
  }

  private FinalizeAnswer finalizeAt(Long version) {
    // Reads the whole journal, so only where it can have any.
    for (LogicalPath path : plan == first ? List.<LogicalPath>of() : journal.plannedBeside(plan)) {
      if (!skipped.containsKey(path.toString())) {
        note(
            skipped,
            path,
            ErrorCode.SOURCE_CHANGED,
            Text.printable(path.toString())
                + ": it was in the plan of an interrupted run, and could not be found again");
      }
    }
    Expected expected = attributes.expected(batch, plan);
    return VersionedBatch.finalizeAt(
        api,
        batch,
        isAmended() && !finalizedBefore
            ? new FinalizeRequest(expected, true, SkippedList.of(skipped.values(), plan))
            : new FinalizeRequest(expected),
        version);
  }

  private boolean isAmended() {
    return !skipped.isEmpty()
        || plan.size() != journal.declaredFiles()
        || plan.bytes() != journal.declaredBytes();
  }

  private Ended ended(FinalizeAnswer answer) {
    return new Ended(
        answer,
        plan,
        List.copyOf(skipped.values()),
        List.copyOf(outdated.values()),
        isAmended() || !outdated.isEmpty());
  }
}
