package dev.archive.ledger;

import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.EventKind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How batches come to be without files that they were to hold. */
final class Amendments {
  /** What was forgotten stays known, so that a late repetition of a call cannot bring it back. */
  static final String[] CREATE = {
    """
    CREATE TABLE forgotten (
      batch_id TEXT NOT NULL,
      path TEXT NOT NULL,
      PRIMARY KEY (batch_id, path)) WITHOUT ROWID""",
    """
    CREATE TABLE amendment (
      batch_id TEXT PRIMARY KEY,
      skipped TEXT NOT NULL) WITHOUT ROWID"""
  };

  private Amendments() {}

  /**
   * Removes a registration.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file is complete, {@link
   *     ErrorCode#VERSION_CONFLICT}
   */
  static BatchState forget(
      Session session, BatchState batch, LogicalPath path, Operation operation, Instant now)
      throws SQLException {
    EntryState known =
        Rows.entryOf(session.prepare(Rows.SELECT_FILE, batch.id().value(), path.toString()));
    if (known == null) {
      return batch;
    }
    EventLog.admit(session, batch.id(), operation);
    if (known.completed()) {
      throw new ArchiveException(
          ErrorCode.CONFLICT, path + " is completed in this batch; nothing was forgotten");
    }
    BatchState next = batch.forgot(known.registration().size(), now);
    Registration file = known.registration();
    EventLog.append(
        session, next, EventKind.FORGOTTEN, path, file.size(), file.sha256(), operation, now);
    session.update(
        "DELETE FROM file WHERE batch_id = ? AND path = ?", batch.id().value(), path.toString());
    if (file.uploadId() != null) {
      session.update(
          "DELETE FROM part WHERE batch_id = ? AND upload_id = ?",
          batch.id().value(),
          file.uploadId());
    }
    session.update(
        "INSERT OR IGNORE INTO forgotten (batch_id, path) VALUES (?, ?)",
        batch.id().value(),
        path.toString());
    session.forgetful.put(batch.id(), true);
    return next;
  }

  /**
   * Refuses to register a file by the call that registered it before it was forgotten.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT}
   */
  static void refuseLate(Session session, BatchId id, Operation operation, LogicalPath path)
      throws SQLException {
    if (operation.keyed()
        && isForgetful(session, id)
        && EventLog.holds(session, id, operation, path)) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          path
              + " was registered by this very request before, and forgotten since;"
              + " nothing was changed");
    }
  }

  private static boolean isForgetful(Session session, BatchId id) throws SQLException {
    Boolean known = session.forgetful.get(id);
    if (known == null) {
      PreparedStatement statement =
          session.prepare("SELECT 1 FROM forgotten WHERE batch_id = ? LIMIT 1", id.value());
      try (ResultSet row = statement.executeQuery()) {
        known = row.next();
      }
      session.forgetful.put(id, known);
    }
    return known;
  }

  /** Paths that were forgotten and are not registered now. */
  static List<LogicalPath> forgotten(Connection connection, BatchId id) throws SQLException {
    List<LogicalPath> paths = new ArrayList<>();
    try (PreparedStatement statement =
            LedgerDatabase.prepare(
                connection,
                "SELECT path FROM forgotten WHERE batch_id = ? AND NOT EXISTS (SELECT 1 FROM file"
                    + " WHERE file.batch_id = forgotten.batch_id AND file.path = forgotten.path)",
                id.value());
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        paths.add(LogicalPath.parse(rows.getString(1)));
      }
    }
    return paths;
  }

  /** Keeps the list of files that a batch goes without. */
  static void keep(Session session, BatchId id, String skipped) throws SQLException {
    session.update("INSERT INTO amendment (batch_id, skipped) VALUES (?, ?)", id.value(), skipped);
  }

  /**
   * A page of that list, which SQLite cuts, so that no more than the page is held here.
   *
   * @param from how many characters of it come before the page
   * @return null where there is no list
   */
  static SkippedPage page(Connection connection, BatchId id, long from) throws SQLException {
    try (PreparedStatement statement =
            LedgerDatabase.prepare(
                connection,
                "SELECT substr(skipped, ? + 1, ?), length(skipped) FROM amendment"
                    + " WHERE batch_id = ?",
                from,
                SkippedPage.MAX_CHARACTERS,
                id.value());
        ResultSet row = statement.executeQuery()) {
      return row.next() ? SkippedPage.of(row.getString(1), from, row.getLong(2)) : null;
    }
  }

  /** That list, or null where there is none. */
  static String skipped(Connection connection, BatchId id) throws SQLException {
    try (PreparedStatement statement =
            LedgerDatabase.prepare(
                connection, "SELECT skipped FROM amendment WHERE batch_id = ?", id.value());
        ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getString(1) : null;
    }
  }
}
