package dev.archive.ledger;

import dev.archive.ledger.BatchLedger.Change;
import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.EventKind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a batch's files, each within a change of the ledger: what is allowed when, and what it
 * writes.
 */
final class FileChanges {
  private static final String SELECT_FILE_OR_BELOW =
      Rows.SELECT_FILE
          + " UNION ALL SELECT "
          + Rows.FILE_COLUMNS
          + " FROM file WHERE batch_id = ? AND path > ? AND path < ? LIMIT 1";

  private final Clock clock;

  FileChanges(Clock clock) {
    this.clock = clock;
  }

  /** One of many changes, which refuses before it has changed anything. */
  interface OneOf<T> {
    Change change(T item) throws SQLException;
  }

  static <T> List<Result<Change>> each(List<T> items, OneOf<T> one) throws SQLException {
    List<Result<Change>> results = new ArrayList<>(items.size());
    for (T item : items) {
      try {
        results.add(Result.of(one.change(item)));
      } catch (ArchiveException e) {
        results.add(Result.failed(e));
      }
    }
    return results;
  }

  /**
   * Registers a file.
   *
   * @param room of the batch's owner
   */
  Change register(
      Session session, BatchId id, Registration wanted, Operation operation, Quotas.Room room)
      throws SQLException {
    BatchState batch = EventLog.batch(session, id);
    requireUploading(batch);
    EntryState known = fileNotDirectory(session, id, wanted.path());
    if (known == null) {
      refuseBelowFile(session, id, wanted.path());
      Amendments.refuseLate(session, id, operation, wanted.path());
      room.take(1, wanted.size());
      return put(session, batch, wanted, null, operation);
    }
    boolean sameSize = known.registration().size() == wanted.size();
    Sha256 digest = known.completed() ? known.sha256() : known.registration().sha256();
    if (sameSize && (wanted.sha256() == null || wanted.sha256().equals(digest))) {
      if (!known.completed()) {
        EventLog.answer(session, id, operation, wanted.path());
      }
      return new Change(known, batch.version());
    }
    if (known.completed()) {
      throw new ArchiveException(
          ErrorCode.CONFLICT, wanted.path() + " is completed in this batch with other content");
    }
    if (EventLog.holds(session, id, operation, wanted.path())) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          wanted.path()
              + " was registered by this request, and again by another one since;"
              + " nothing was changed");
    }
    if (sameSize && digest == null) {
      return put(session, batch, wanted.continuing(known.registration()), known, operation);
    }
    room.take(0, wanted.size() - known.registration().size());
    if (known.registration().uploadId() != null) {
      session.update(
          "DELETE FROM part WHERE batch_id = ? AND upload_id = ?",
          id.value(),
          known.registration().uploadId());
    }
    return put(session, batch, wanted, known, operation);
  }

  /**
   * Writes a registration.
   *
   * @param known what it replaces, or null
   */
  private Change put(
      Session session, BatchState batch, Registration wanted, EntryState known, Operation operation)
      throws SQLException {
    Instant now = now();
    EventKind kind = known == null ? EventKind.REGISTERED : EventKind.REPLACED;
    BatchState next =
        known == null
            ? batch.registered(1, wanted.size(), now)
            : batch.registered(0, wanted.size() - known.registration().size(), now);
    EventLog.append(
        session, next, kind, wanted.path(), wanted.size(), wanted.sha256(), operation, now);
    session.update(
        "INSERT OR REPLACE INTO file (batch_id, "
            + Rows.FILE_COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, NULL)",
        batch.id().value(),
        wanted.path().toString(),
        wanted.size(),
        Rows.hex(wanted.sha256()),
        wanted.contentType(),
        wanted.processing(),
        wanted.uploadId(),
        wanted.partSize(),
        next.version());
    return new Change(new EntryState(wanted, null, null, next.version()), next.version());
  }

  /**
   * The file at a path, or null where there is none.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where there is a directory
   */
  private static EntryState fileNotDirectory(Session session, BatchId id, LogicalPath path)
      throws SQLException {
    String text = path.toString();
    // '0' is the character after '/': the range holds exactly the paths below this one.
    EntryState first =
        Rows.entryOf(
            session.prepare(
                SELECT_FILE_OR_BELOW, id.value(), text, id.value(), text + "/", text + "0"));
    if (first != null && !first.registration().path().equals(path)) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          path + " is a directory in this batch, which holds " + first.registration().path());
    }
    return first;
  }

  private static void refuseBelowFile(Session session, BatchId id, LogicalPath path)
      throws SQLException {
    String text = path.toString();
    List<String> found = new ArrayList<>();
    for (int slash = text.lastIndexOf('/'); slash > 0; slash = text.lastIndexOf('/', slash - 1)) {
      String ancestor = text.substring(0, slash);
      if (session.directories.contains(id + ancestor)) {
        break;
      }
      if (Rows.entryOf(session.prepare(Rows.SELECT_FILE, id.value(), ancestor)) != null) {
        throw new ArchiveException(
            ErrorCode.CONFLICT,
            ancestor + " is a file in this batch, so that " + path + " cannot lie below it");
      }
      found.add(id + ancestor);
    }
    session.directories.addAll(found);
  }

  Change complete(Session session, BatchId id, Entry stored, Operation operation)
      throws SQLException {
    BatchState batch = EventLog.batch(session, id);
    EntryState known =
        Rows.requireEntry(session.prepare(Rows.SELECT_FILE, id.value(), stored.path().toString()));
    if (known.completed()) {
      return new Change(known, batch.version());
    }
    requireUploading(batch);
    Registration registration = known.registration();
    if (registration.size() != stored.size()
        || registration.sha256() != null && !registration.sha256().equals(stored.sha256())) {
      throw new ArchiveException(
          ErrorCode.CONFLICT, stored.path() + " was registered again while it was being completed");
    }
    Instant now = now();
    BatchState next = batch.completed(stored.size(), now);
    // A file that was reopened may be completed by the same request once more.
    boolean again = EventLog.completed(session, id, operation, stored.path());
    EventLog.append(
        session,
        next,
        EventKind.COMPLETED,
        stored.path(),
        stored.size(),
        stored.sha256(),
        again ? Operation.unnamed(operation.id()) : operation,
        now);
    session.update(
        "UPDATE file SET sha256 = ?, completed_at = ?, version = ? WHERE batch_id = ? AND path = ?",
        stored.sha256().hex(),
        now.toEpochMilli(),
        next.version(),
        id.value(),
        stored.path().toString());
    if (registration.uploadId() != null) {
      session.update(
          "DELETE FROM part WHERE batch_id = ? AND upload_id = ?",
          id.value(),
          registration.uploadId());
    }
    return new Change(
        new EntryState(registration, stored.sha256(), now, next.version()), next.version());
  }

  boolean reopen(Session session, BatchId id, EntryState seen, Operation operation)
      throws SQLException {
    BatchState batch = EventLog.batch(session, id);
    LogicalPath path = seen.registration().path();
    EntryState known = Rows.entryOf(session.prepare(Rows.SELECT_FILE, id.value(), path.toString()));
    if (batch.status() != BatchStatus.UPLOADING
        || known == null
        || !known.completed()
        || known.version() != seen.version()) {
      return false;
    }
    Instant now = now();
    long size = known.registration().size();
    BatchState next = batch.reopened(size, now);
    // Of one request this may happen to one file again, so that it is not found by its key.
    Operation unnamed = Operation.unnamed(operation.id());
    EventLog.append(session, next, EventKind.REOPENED, path, size, known.sha256(), unnamed, now);
    session.update(
        "UPDATE file SET sha256 = NULL, completed_at = NULL, read_at = NULL, version = ?"
            + " WHERE batch_id = ? AND path = ?",
        next.version(),
        id.value(),
        path.toString());
    return true;
  }

  /** To the millisecond, which is what the ledger keeps. */
  Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }

  /** Refuses a batch that takes no changes any more. */
  static void requireUploading(BatchState batch) {
    if (batch.status() != BatchStatus.UPLOADING) {
      throw new ArchiveException(
          ErrorCode.NOT_UPLOADING, "Batch status is " + batch.status() + ", expected uploading");
    }
  }
}
