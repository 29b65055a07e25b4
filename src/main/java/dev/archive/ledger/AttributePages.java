package dev.archive.ledger;

import dev.archive.ledger.BatchLedger.RowConsumer;
import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.BatchId;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The attributes of a batch's names: in pages while it is uploading; from finalize on they are in
 * its bag, and their digest is here.
 */
final class AttributePages {
  static final String[] CREATE = {
    """
    CREATE TABLE attribute_page (
      batch_id TEXT NOT NULL,
      page INTEGER NOT NULL,
      lines BLOB NOT NULL,
      PRIMARY KEY (batch_id, page))""",
    """
    CREATE TABLE attributes (
      batch_id TEXT PRIMARY KEY,
      sha256 TEXT NOT NULL) WITHOUT ROWID"""
  };

  private AttributePages() {}

  /**
   * Keeps a page, in the place of one with this number; with the last one, none stays behind it.
   */
  static void put(Session session, BatchId id, int page, boolean last, byte[] lines)
      throws SQLException {
    session.update(
        "INSERT OR REPLACE INTO attribute_page (batch_id, page, lines) VALUES (?, ?, ?)",
        id.value(),
        page,
        lines);
    if (last) {
      session.update(
          "DELETE FROM attribute_page WHERE batch_id = ? AND page > ?", id.value(), page);
    }
  }

  /** Hands on all pages in their order. */
  static void read(Connection connection, BatchId id, RowConsumer<byte[]> pages)
      throws SQLException, IOException {
    try (PreparedStatement statement =
            LedgerDatabase.prepare(
                connection,
                "SELECT lines FROM attribute_page WHERE batch_id = ? ORDER BY page",
                id.value());
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        pages.accept(rows.getBytes(1));
      }
    }
  }

  static void drop(Session session, BatchId id) throws SQLException {
    session.update("DELETE FROM attribute_page WHERE batch_id = ?", id.value());
  }

  /** Keeps what finalize wrote into the bag, instead of the pages. */
  static void close(Session session, BatchId id, Sha256 digest) throws SQLException {
    drop(session, id);
    if (digest != null) {
      session.update(
          "INSERT OR REPLACE INTO attributes (batch_id, sha256) VALUES (?, ?)",
          id.value(),
          digest.hex());
    }
  }

  /** The digest of the bag's tag file, or null where it has none. */
  static Sha256 digest(Connection connection, BatchId id) throws SQLException {
    try (PreparedStatement statement =
            LedgerDatabase.prepare(
                connection, "SELECT sha256 FROM attributes WHERE batch_id = ?", id.value());
        ResultSet row = statement.executeQuery()) {
      return row.next() ? Sha256.parse(row.getString(1)) : null;
    }
  }
}
