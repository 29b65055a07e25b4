package dev.archive.server.audit;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Defect;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.server.work.Workers;
import dev.archive.storage.StoreReader;
import dev.archive.wire.Messages.AuditFinding;
import dev.archive.wire.Messages.AuditPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.function.LongConsumer;

/**
 * The audit of a root on the disk of this machine. No server need run, and one may: only reading is
 * done, no lock is taken, and what is stored never changes; the ledger notes what was read well.
 */
public final class Audit implements AutoCloseable {
  private static final int PAGE = 1000;

  private final Path root;
  private final BatchLedger ledger;
  private final StoreReader store;
  private final ExecutorService workers;
  private final BatchAudit batches;

  private Audit(Path root, BatchLedger ledger, int parallel, Clock clock) {
    this.root = root;
    this.ledger = ledger;
    this.store = new StoreReader(root);
    this.workers = Workers.of(parallel, "audit");
    this.batches = new BatchAudit(ledger, store, workers, parallel, BatchAudit.BEAT, clock);
  }

  /**
   * Something to be audited.
   *
   * @param files that the ledger has as completed, with bytes in all; 0 of a bag that it does not
   *     know
   */
  public record Subject(BatchId id, long files, long bytes) {}

  /**
   * Opens a root.
   *
   * @param parallel how many objects are read at once
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is not an archive root, or cannot be
   *     read
   */
  public static Audit of(Path root, int parallel, Clock clock) {
    Path real = root.toAbsolutePath().normalize();
    if (!Files.exists(real.resolve("state.db"))) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          real + " is no root of an archive: it has no state.db; nothing was done");
    }
    return new Audit(real, BatchLedger.readOnly(real.resolve("state.db")), parallel, clock);
  }

  /**
   * What there is to audit, by id: batches that hold something, and bags that the ledger does not
   * know.
   *
   * @param named only these, or all where there are none
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#CONFLICT} where a
   *     named one was given up
   */
  public List<Subject> subjects(Collection<BatchId> named) {
    Map<String, Subject> subjects = new TreeMap<>();
    // The bags first, their batches after: a batch is recorded before it has a directory.
    List<BatchId> bags = store.bags();
    if (named.isEmpty()) {
      for (List<BatchState> page = ledger.list(null, null, PAGE);
          !page.isEmpty();
          page = ledger.list(null, page.get(page.size() - 1).id(), PAGE)) {
        page.stream()
            .filter(batch -> !batch.status().isGone())
            .forEach(batch -> subjects.put(batch.id().value(), subject(batch)));
      }
      bags.stream()
          .filter(id -> !subjects.containsKey(id.value()) && ledger.find(id) == null)
          .forEach(id -> subjects.put(id.value(), new Subject(id, 0, 0)));
    }
    named.forEach(id -> subjects.put(id.value(), subject(id, bags)));
    return new ArrayList<>(subjects.values());
  }

  private Subject subject(BatchId id, List<BatchId> bags) {
    BatchState batch = ledger.find(id);
    if (batch != null) {
      return subject(batches.held(id));
    }
    if (bags.contains(id)) {
      return new Subject(id, 0, 0);
    }
    throw new ArchiveException(
        ErrorCode.BATCH_NOT_FOUND,
        "there is no batch " + id + " in " + root + "; nothing was done");
  }

  private static Subject subject(BatchState batch) {
    return new Subject(batch.id(), batch.completedFiles(), batch.completedBytes());
  }

  /**
   * Audits the next part of a batch or bag.
   *
   * @param after what the part before called next, or null
   * @param readSince what was read well after this time is not read again; null to read all
   * @param read is given the number of bytes of each piece that is read, by many threads
   */
  public AuditPage page(
      BatchId id, String after, Sample sample, Instant readSince, LongConsumer read) {
    if (ledger.find(id) == null) {
      AuditFinding unknown =
          new AuditFinding(
              null,
              Defect.EXTRA.toString(),
              null,
              null,
              null,
              null,
              "the ledger does not know this batch; sha256sum -c manifest-sha256.txt checks it");
      return new AuditPage(id.value(), null, 0L, 0L, 0L, List.of(unknown), null);
    }
    try {
      return batches.page(
          id,
          AuditCursor.parse(after),
          BatchAudit.MAX_LIMIT,
          sample,
          readSince,
          true,
          new Reading(read));
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.CONFLICT) {
        // It was given up since it was listed: there is nothing of it to be right or wrong.
        return new AuditPage(id.value(), null, 0L, 0L, 0L, List.of(), null);
      }
      throw e;
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.INTERNAL, "the directories of batch " + id + " cannot be read", e);
    }
  }

  private record Reading(LongConsumer bytes) implements BatchAudit.Watch {
    @Override
    public void read(long count) {
      bytes.accept(count);
    }

    @Override
    public void alive() {}
  }

  @Override
  public void close() {
    workers.shutdownNow();
    ledger.close();
  }
}
