package dev.archive.ledger;

import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.LogicalPath;
import dev.archive.model.Owner;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What is asked of batches and their files, at their present versions. */
final class Queries {
  /** Where a list of batches ends early, in characters of what uploaders attached to them. */
  private static final int MAX_LIST_LENGTH = 1 << 20;

  private final LedgerDatabase database;

  Queries(LedgerDatabase database) {
    this.database = database;
  }

  BatchState batch(BatchId id) {
    return database.read(
        connection ->
            Rows.requireBatch(LedgerDatabase.prepare(connection, Rows.SELECT_BATCH, id.value())));
  }

  BatchState find(BatchId id) {
    return database.read(
        connection -> {
          try (PreparedStatement statement =
              LedgerDatabase.prepare(connection, Rows.SELECT_BATCH, id.value())) {
            return Rows.batchOf(statement);
          }
        });
  }

  BatchState findByKey(String idempotencyKey) {
    return database.read(
        connection -> {
          try (PreparedStatement statement =
              LedgerDatabase.prepare(connection, BatchLedger.SELECT_BY_KEY, idempotencyKey)) {
            return Rows.batchOf(statement);
          }
        });
  }

  EntryState entry(BatchId id, LogicalPath path) {
    return database.read(
        connection ->
            Rows.requireEntry(
                LedgerDatabase.prepare(connection, Rows.SELECT_FILE, id.value(), path.toString())));
  }

  List<BatchId> idle(Instant since) {
    return database.read(
        connection -> {
          List<BatchId> ids = new ArrayList<>();
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection,
                      "SELECT id FROM batch WHERE status = 'uploading' AND active_at <= ?",
                      since.toEpochMilli());
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              ids.add(BatchId.parse(rows.getString(1)));
            }
          }
          return ids;
        });
  }

  Standing standing(boolean withMessages) {
    return database.read(
        connection -> {
          long open = first(connection, "SELECT count(*) FROM batch WHERE status = 'uploading'");
          if (!withMessages) {
            return new Standing(open, 0, null);
          }
          long messages = first(connection, "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL");
          long oldest =
              first(
                  connection,
                  "SELECT min(batch.finalized_at) FROM outbox JOIN batch ON batch.id ="
                      + " outbox.batch_id WHERE outbox.due_at IS NOT NULL");
          return new Standing(open, messages, oldest == 0 ? null : Instant.ofEpochMilli(oldest));
        });
  }

  private static long first(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = LedgerDatabase.prepare(connection, sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  Owner owner(BatchId id) {
    return database.read(
        connection -> {
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection, "SELECT owner FROM batch WHERE id = ?", id.value());
              ResultSet row = statement.executeQuery()) {
            return row.next() ? new Owner(row.getString(1)) : null;
          }
        });
  }

  List<BatchState> list(Owner owner, BatchStatus status, BatchId after, int limit) {
    String sql =
        "SELECT "
            + Rows.BATCH_COLUMNS
            + " FROM batch WHERE id > ? AND (? IS NULL OR status = ?)"
            + (owner == null ? "" : " AND owner = ?")
            + " ORDER BY id LIMIT ?";
    String state = Objects.toString(status, null);
    List<Object> parameters = new ArrayList<>();
    parameters.add(after == null ? "" : after.value());
    parameters.add(state);
    parameters.add(state);
    if (owner != null) {
      parameters.add(owner.name());
    }
    parameters.add(limit);
    return database.read(
        connection -> {
          List<BatchState> batches = new ArrayList<>();
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(connection, sql, parameters.toArray());
              ResultSet rows = statement.executeQuery()) {
            long text = 0;
            while (text < MAX_LIST_LENGTH && rows.next()) {
              BatchState batch = Rows.batchRow(rows);
              batches.add(batch);
              text += length(batch.metadata()) + length(batch.customPrompts());
            }
          }
          return batches;
        });
  }

  private static int length(String text) {
    return text == null ? 0 : text.length();
  }

  List<LogicalPath> unfinished(BatchId id, int limit) {
    return database.read(
        connection -> {
          List<LogicalPath> paths = new ArrayList<>();
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection,
                      "SELECT path FROM file WHERE batch_id = ? AND completed_at IS NULL ORDER BY"
                          + " path LIMIT ?",
                      id.value(),
                      limit);
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              paths.add(LogicalPath.parse(rows.getString(1)));
            }
          }
          return paths;
        });
  }

  String pathAfter(BatchId id, String after, int count) {
    return database.read(
        connection -> {
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection,
                      "SELECT path FROM file WHERE batch_id = ? AND path > ? ORDER BY path"
                          + " LIMIT 1 OFFSET ?",
                      id.value(),
                      after,
                      count - 1);
              ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getString(1) : null;
          }
        });
  }

  List<EntryState> completed(BatchId id, String after, String last, long maxSize, int limit) {
    return database.read(
        connection -> {
          List<EntryState> files = new ArrayList<>();
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection,
                      "SELECT "
                          + Rows.FILE_COLUMNS
                          + " FROM file WHERE batch_id = ? AND path > ? AND path <= ?"
                          + " AND completed_at IS NOT NULL AND size <= ? ORDER BY path LIMIT ?",
                      id.value(),
                      after,
                      last,
                      maxSize,
                      limit);
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              files.add(Rows.entryRow(rows));
            }
          }
          return files;
        });
  }

  Set<String> registered(BatchId id, Collection<String> paths) {
    return known("file", id, paths);
  }

  Set<String> everRegistered(BatchId id, Collection<String> paths) {
    Set<String> known = known("file", id, paths);
    known.addAll(known("forgotten", id, paths));
    return known;
  }

  private Set<String> known(String table, BatchId id, Collection<String> paths) {
    Set<String> known = new HashSet<>();
    String sql =
        "SELECT path FROM "
            + table
            + " WHERE batch_id = ? AND path IN ("
            + "?, ".repeat(paths.size() - 1)
            + "?)";
    List<Object> parameters = new ArrayList<>(List.of(id.value()));
    parameters.addAll(paths);
    return database.read(
        connection -> {
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(connection, sql, parameters.toArray());
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              known.add(rows.getString(1));
            }
          }
          return known;
        });
  }
}
