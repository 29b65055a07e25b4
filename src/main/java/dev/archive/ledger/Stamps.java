package dev.archive.ledger;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

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

  private Stamps() {}

  /** The stamp of a ledger, or null where it has none. */
  static Stamp read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT archive_id, generation, mark, previous_mark FROM archive")) {
      return row.next()
          ? new Stamp(row.getString(1), row.getLong(2), row.getString(3), row.getString(4))
          : null;
    }
  }
}
