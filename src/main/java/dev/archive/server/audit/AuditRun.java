package dev.archive.server.audit;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.server.audit.Audit.Subject;
import dev.archive.wire.Messages.AuditPage;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Has batches read again, part by part: by a server, or from the disk of this machine. Keeps each
 * part in a log, so that it can be resumed after any interruption.
 */
public final class AuditRun {
  /** How many more files than it had at first may be read of a batch that is still uploading. */
  private static final long MAX_MORE_FILES = 100_000;

  private final AuditLog log;
  private final Instant oldest;
  private final Clock clock;
  private final Watch watch;

  /** Checks parts of batches. */
  @FunctionalInterface
  public interface Parts {
    /**
     * The next part.
     *
     * @param after what the part before called next, or null
     * @param readSince what was read well after this time need not be read again; null to read all
     * @param read may be given the number of bytes of each piece that is read
     */
    AuditPage check(
        BatchId batch, String after, Sample sample, Instant readSince, LongConsumer read);
  }

  /** Is told how far an audit is. */
  public interface Watch {
    /**
     * An earlier run began it.
     *
     * @param files how many that run checked
     */
    void resumed(AuditLog log, long files);

    /** Bytes were read; called from many threads. */
    void read(long bytes);

    /** A part was checked, by this run or an earlier one. */
    void checked(AuditPage page, long filesSoFar);

    /** Something that a person should know, and that does not end the audit. */
    void complain(String message);
  }

  /**
   * For one audit.
   *
   * @param log what was checked so far, and what to read
   * @param oldest what was read before this time is read again; null to read all
   */
  public AuditRun(AuditLog log, Instant oldest, Clock clock, Watch watch) {
    this.log = log;
    this.oldest = oldest;
    this.clock = clock;
    this.watch = watch;
  }

  /**
   * Checks batches to the end.
   *
   * @throws IOException where what earlier runs kept cannot be read
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where there is no end to a batch
   */
  public AuditTotals run(List<Subject> subjects, Parts parts) throws IOException {
    AuditTotals totals = new AuditTotals();
    // What was read before this audit began is read again, however young.
    Instant readSince = oldest == null || log.begun().isBefore(oldest) ? oldest : log.begun();
    Map<String, String> next = new HashMap<>();
    log.forEach(page -> next.put(page.batchId(), page.next()));
    if (log.isResumed()) {
      AuditTotals before = new AuditTotals();
      log.forEach(before::add);
      watch.resumed(log, before.files());
      log.forEach(
          page -> {
            totals.add(page);
            watch.checked(page, totals.files());
          });
    }
    for (Subject subject : subjects) {
      String id = subject.id().value();
      long checked = 0;
      for (boolean more = !next.containsKey(id) || next.get(id) != null; more; ) {
        Instant began = clock.instant();
        AuditPage answer =
            parts.check(subject.id(), next.get(id), log.sample(), readSince, watch::read);
        // What was not read may be taken on an earlier read, of which only the bound is known.
        boolean earlier = readSince != null && answer.filesRead() < answer.files();
        AuditPage page = answer.checkedAt(earlier ? readSince : began);
        // A part may have no files: it then looks for names that no row of the ledger knows.
        checked += Math.max(1, page.files());
        if (checked < 0 || checked > 2 * subject.files() + MAX_MORE_FILES) {
          throw new ArchiveException(
              ErrorCode.BAD_ANSWER,
              "the server reads more files of batch " + id + " than it holds");
        }
        IOException unwritten = log.add(page);
        if (unwritten != null) {
          watch.complain(
              "the progress of the audit cannot be kept in the state directory: "
                  + LocalErrors.reason(unwritten)
                  + "; the audit goes on. If it is interrupted, what comes now is read again");
        }
        totals.add(page);
        watch.checked(page, totals.files());
        next.put(id, page.next());
        more = page.next() != null;
      }
    }
    return totals;
  }
}
