package dev.archive.ledger;

import static dev.archive.ledger.FileChanges.requireUploading;

import dev.archive.ledger.BatchLedger.PartState;
import dev.archive.model.BatchId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

/** The parts of multipart uploads that have arrived. */
final class PartRows {
  private final LedgerDatabase database;
  private final GroupCommit writer;

  PartRows(LedgerDatabase database, GroupCommit writer) {
    this.database = database;
    this.writer = writer;
  }

  void addPart(BatchId id, String uploadId, PartState part) {
    writer.write(
        session -> {
          requireUploading(EventLog.batch(session, id));
          return session.update(
              "INSERT OR REPLACE INTO part (batch_id, upload_id, number, size, etag, name)"
                  + " VALUES (?, ?, ?, ?, ?, ?)",
              id.value(),
              uploadId,
              part.number(),
              part.size(),
              part.etag(),
              part.name());
        });
  }

  PartState part(BatchId id, String uploadId, int number) {
    List<PartState> part = parts(id, uploadId, "AND number = " + number);
    return part.isEmpty() ? null : part.get(0);
  }

  void dropPart(BatchId id, String uploadId, int number) {
    writer.write(
        session ->
            session.update(
                "DELETE FROM part WHERE batch_id = ? AND upload_id = ? AND number = ?",
                id.value(),
                uploadId,
                number));
  }

  void dropParts(BatchId id, String uploadId, List<PartState> parts) {
    writer.write(
        session -> {
          for (PartState part : parts) {
            session.update(
                "DELETE FROM part WHERE batch_id = ? AND upload_id = ? AND number = ?",
                id.value(),
                uploadId,
                part.number());
          }
          return parts.size();
        });
  }

  List<PartState> parts(BatchId id, String uploadId) {
    return parts(id, uploadId, "ORDER BY number");
  }

  List<PartState> parts(BatchId id, String uploadId, int first, int last) {
    return parts(id, uploadId, "AND number BETWEEN " + first + " AND " + last + " ORDER BY number");
  }

  PartState lastPart(BatchId id, String uploadId) {
    List<PartState> last = parts(id, uploadId, "AND name IS NULL ORDER BY number DESC LIMIT 1");
    return last.isEmpty() ? null : last.get(0);
  }

  private List<PartState> parts(BatchId id, String uploadId, String order) {
    return database.read(
        connection -> {
          List<PartState> parts = new ArrayList<>();
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection,
                      "SELECT number, size, etag, name FROM part WHERE batch_id = ? AND upload_id ="
                          + " ? "
                          + order,
                      id.value(),
                      uploadId);
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              parts.add(
                  new PartState(
                      rows.getInt(1), rows.getLong(2), rows.getString(3), rows.getString(4)));
            }
          }
          return parts;
        });
  }
}
