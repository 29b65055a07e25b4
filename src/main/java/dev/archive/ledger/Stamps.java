package dev.archive.ledger;

import dev.archive.ledger.GroupCommit.Session;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;

/** The one row that says to which archive a ledger belongs. */
final class Stamps {
  static final String CREATE =
      """
    CREATE TABLE archive (
      only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
      archive_id TEXT NOT NULL,
      generation BIGINT NOT NULL,
      mark TEXT NOT NULL,
      previous_mark TEXT NOT NULL,
      overdue_at BIGINT)""";

  private static final String SELECT =
      "SELECT archive_id, generation, mark, previous_mark FROM archive WHERE only_row = 1";

  private Stamps() {}

  /** The stamp of a ledger, or null where it has none. */
  static Stamp read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SELECT)) {
      return stamp(row);
    }
  }

  /** The stamp as a transaction sees it, or null. */
  static Stamp read(Session session) throws SQLException {
    try (ResultSet row = session.prepare(SELECT).executeQuery()) {
      return stamp(row);
    }
  }

  static Instant overdueAt(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT overdue_at FROM archive WHERE only_row = 1")) {
      return row.next() ? Rows.instant(row, "overdue_at") : null;
    }
  }

  private static Stamp stamp(ResultSet row) throws SQLException {
    return row.next()
        ? new Stamp(row.getString(1), row.getLong(2), row.getString(3), row.getString(4))
        : null;
  }
}
