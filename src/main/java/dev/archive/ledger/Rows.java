package dev.archive.ledger;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;

/** How batches and files stand in their rows. */
final class Rows {
  /** Those that a batch had when histories began. */
  static final String FIRST_BATCH_COLUMNS =
      "id, session_id, version, status, uploader, root_path, parent_pi, metadata, custom_prompts,"
          + " declared_files, declared_bytes, registered_files, completed_files, completed_bytes,"
          + " created_at, active_at, finalized_at, manifest_sha256, finalized_version";

  static final String BATCH_COLUMNS = FIRST_BATCH_COLUMNS + ", registered_bytes";
  static final String FILE_COLUMNS =
      "path, size, declared_sha256, content_type, processing, upload_id, part_size, sha256,"
          + " completed_at, version, read_at";
  static final String SELECT_BATCH = "SELECT " + BATCH_COLUMNS + " FROM batch WHERE id = ?";
  static final String SELECT_FILE =
      "SELECT " + FILE_COLUMNS + " FROM file WHERE batch_id = ? AND path = ?";

  private Rows() {}

  static BatchState requireBatch(PreparedStatement statement) throws SQLException {
    return known(batchOf(statement));
  }

  static BatchState known(BatchState batch) {
    if (batch == null) {
      throw new ArchiveException(ErrorCode.BATCH_NOT_FOUND, "Batch not found");
    }
    return batch;
  }

  static EntryState requireEntry(PreparedStatement statement) throws SQLException {
    EntryState entry = entryOf(statement);
    if (entry == null) {
      throw new ArchiveException(ErrorCode.FILE_NOT_FOUND, "File not found in batch");
    }
    return entry;
  }

  static BatchState batchOf(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? batchRow(row) : null;
    }
  }

  static BatchState batchRow(ResultSet row) throws SQLException {
    String manifest = row.getString("manifest_sha256");
    return new BatchState(
        BatchId.parse(row.getString("id")),
        row.getString("session_id"),
        row.getLong("version"),
        BatchStatus.parse(row.getString("status")),
        row.getString("uploader"),
        row.getString("root_path"),
        row.getString("parent_pi"),
        row.getString("metadata"),
        row.getString("custom_prompts"),
        row.getLong("declared_files"),
        row.getLong("declared_bytes"),
        row.getLong("registered_files"),
        row.getLong("registered_bytes"),
        row.getLong("completed_files"),
        row.getLong("completed_bytes"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("active_at")),
        instant(row, "finalized_at"),
        manifest == null ? null : Sha256.parse(manifest),
        number(row, "finalized_version"));
  }

  static EntryState entryOf(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? entryRow(row) : null;
    }
  }

  static EntryState entryRow(ResultSet row) throws SQLException {
    long partSize = row.getLong("part_size");
    Registration registration =
        new Registration(
            LogicalPath.parse(row.getString("path")),
            row.getLong("size"),
            digest(row.getString("declared_sha256")),
            row.getString("content_type"),
            row.getString("processing"),
            row.getString("upload_id"),
            partSize == 0 ? null : partSize);
    return new EntryState(
        registration,
        digest(row.getString("sha256")),
        instant(row, "completed_at"),
        row.getLong("version"),
        instant(row, "read_at"));
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    Long millis = number(row, column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  static Long number(ResultSet row, String column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  private static Sha256 digest(String hex) {
    return hex == null ? null : Sha256.parse(hex);
  }

  static String hex(Sha256 digest) {
    return Objects.toString(digest, null);
  }
}
