package dev.archive.ledger;

import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchLedger.RowConsumer;
import dev.archive.model.BatchId;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Batches with all of their files or events, as they were at one moment. */
final class Snapshots {
  private final LedgerDatabase database;

  Snapshots(LedgerDatabase database) {
    this.database = database;
  }

  void snapshot(
      BatchId id,
      Order order,
      long since,
      long limit,
      RowConsumer<BatchState> batch,
      RowConsumer<EntryState> files)
      throws IOException {
    String sql =
        "SELECT "
            + Rows.FILE_COLUMNS
            + " FROM file WHERE batch_id = ?"
            + (order == Order.VERSION
                ? " AND version > " + since + " ORDER BY version"
                : " ORDER BY path")
            + (limit > 0 ? " LIMIT " + limit : "");
    atOneMoment(
        connection -> {
          try (PreparedStatement statement = LedgerDatabase.prepare(connection, sql, id.value())) {
            batch.accept(
                Rows.requireBatch(
                    LedgerDatabase.prepare(connection, Rows.SELECT_BATCH, id.value())));
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                files.accept(Rows.entryRow(rows));
              }
            }
          }
        });
  }

  void history(
      BatchId id,
      long since,
      long limit,
      RowConsumer<BatchState> batch,
      RowConsumer<RecordedEvent> events)
      throws IOException {
    atOneMoment(
        connection -> {
          batch.accept(
              Rows.requireBatch(LedgerDatabase.prepare(connection, Rows.SELECT_BATCH, id.value())));
          EventLog.read(connection, id, since, limit, events);
        });
  }

  void attributePages(BatchId id, RowConsumer<byte[]> pages) throws IOException {
    atOneMoment(connection -> AttributePages.read(connection, id, pages));
  }

  private interface Reading {
    void run(Connection connection) throws SQLException, IOException;
  }

  /** Reads in one transaction: all that is read belongs to the same version. */
  private void atOneMoment(Reading reading) throws IOException {
    try (Connection connection = database.reader()) {
      connection.setAutoCommit(false);
      try {
        reading.run(connection);
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw LedgerDatabase.unreadable(e);
    }
  }
}
