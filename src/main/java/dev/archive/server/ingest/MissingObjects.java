package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Text;
import dev.archive.storage.ByteStore;
import dev.archive.storage.ObjectPresence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The completed files of a batch whose objects are not on the disk as they were stored: removed, of
 * another size, or with something else in their place. They are uploading again, each only if it is
 * still as it was seen; the ledger decides that, so that no lock is held.
 */
final class MissingObjects {
  private static final int GROUP = 1000;

  private final BatchLedger ledger;
  private final BatchId id;
  private final Operation operation;
  private final ObjectPresence presence;
  private final List<EntryState> group = new ArrayList<>();
  private final List<LogicalPath> named = new ArrayList<>();
  private long count;

  MissingObjects(BatchLedger ledger, ByteStore store, BatchId id, Operation operation) {
    this.ledger = ledger;
    this.id = id;
    this.operation = operation;
    this.presence = store.presence(id);
  }

  /** Looks for the object of a completed file. */
  void look(EntryState file) {
    LogicalPath path = file.registration().path();
    if (presence.holds(path, file.registration().size())) {
      return;
    }
    count++;
    if (named.size() < Finalization.MAX_NAMED) {
      named.add(path);
    }
    group.add(file);
    if (group.size() == GROUP) {
      reopen();
    }
  }

  private void reopen() {
    ledger.reopen(id, group, operation);
    group.clear();
  }

  /**
   * Reopens what is missing and says so.
   *
   * @param batch as it was seen with its files
   * @throws ArchiveException {@link ErrorCode#BYTES_MISSING} where anything is
   */
  void requireNone(BatchState batch) {
    if (count == 0) {
      return;
    }
    if (!group.isEmpty()) {
      reopen();
    }
    BatchState now = ledger.batch(id);
    throw new ArchiveException(
        ErrorCode.BYTES_MISSING,
        Count.of(count, "file")
            + (count == 1 ? " is" : " are")
            + " missing from the archive's disk, or not as stored; nothing was finalized."
            + " Send again "
            + Text.quote(named.get(0).toString())
            + (count == 1 ? "" : " and the others"),
        Map.of(
            "incomplete", named.stream().map(LogicalPath::fileName).toList(),
            "missing", named.stream().map(LogicalPath::toString).toList(),
            "declared", batch.declaredFiles(),
            "completed", now.completedFiles(),
            "version", now.version()),
        null);
  }
}
