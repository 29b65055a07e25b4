package dev.archive.ledger;

import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.EventKind;
import dev.archive.model.Operation;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * The messages that say of batches that they are finalized: each waits in the ledger, from the very
 * change that finalized its batch on, until it is taken.
 */
public final class Deliveries {
  /** The longest wait for the next try. */
  public static final Duration MAX_WAIT = Duration.ofHours(1);

  private static final String DUE =
      "SELECT batch_id, attempts FROM outbox WHERE due_at <= ? ORDER BY due_at LIMIT ?";
  private static final String AHEAD =
      "SELECT batch_id, attempts FROM outbox WHERE due_at > ? ORDER BY due_at LIMIT ?";
  private static final Operation DELIVERY = Operation.unnamed("delivery");

  private final LedgerDatabase database;
  private final GroupCommit writer;
  private final Clock clock;

  Deliveries(LedgerDatabase database, GroupCommit writer, Clock clock) {
    this.database = database;
    this.writer = writer;
    this.clock = clock;
  }

  /**
   * A message that is to be delivered.
   *
   * @param attempt which try this is, from 1
   */
  public record Delivery(BatchState batch, int attempt) {}

  /**
   * Takes the message that has been due longest; its batch is being processed from now on. Unless
   * its end is told, it is due again later. One that is due later than the longest wait got its
   * time from a clock that was ahead: it is due now.
   *
   * @param waits how long after which try, up to {@link #MAX_WAIT}
   * @param busy the batches that are passed over, because their messages are on their way now
   * @return null where none is due
   */
  public Delivery begin(IntFunction<Duration> waits, Set<BatchId> busy) {
    Due seen =
        database.read(
            connection ->
                due(
                    (sql, time, limit) -> LedgerDatabase.prepare(connection, sql, time, limit),
                    busy));
    if (seen == null) {
      return null;
    }
    return writer.write(
        session -> {
          Due due = due((sql, time, limit) -> session.prepare(sql, time, limit), busy);
          if (due == null) {
            return null;
          }
          BatchId id = due.batch();
          int attempt = due.attempts() + 1;
          session.update(
              "UPDATE outbox SET attempts = ?, due_at = ? WHERE batch_id = ?",
              attempt,
              clock.millis() + waits.apply(attempt).toMillis(),
              id.value());
          return new Delivery(
              move(session, id, BatchStatus.ENQUEUED, BatchStatus.PROCESSING), attempt);
        });
  }

  private record Due(BatchId batch, int attempts) {}

  private interface Statements {
    PreparedStatement prepare(String sql, Long time, Integer limit) throws SQLException;
  }

  private Due due(Statements statements, Set<BatchId> busy) throws SQLException {
    long now = clock.millis();
    int limit = busy.size() + 1;
    Due due = first(statements.prepare(DUE, now, limit), busy);
    return due != null
        ? due
        : first(statements.prepare(AHEAD, now + MAX_WAIT.toMillis(), limit), busy);
  }

  private static Due first(PreparedStatement statement, Set<BatchId> busy) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        BatchId batch = BatchId.parse(row.getString(1));
        if (!busy.contains(batch)) {
          return new Due(batch, row.getInt(2));
        }
      }
      return null;
    }
  }

  /** Ends a delivery: the message was taken, or is given up and kept, with the reason. */
  public void end(BatchId id, boolean taken) {
    writer.write(
        session -> {
          session.update(
              taken
                  ? "DELETE FROM outbox WHERE batch_id = ?"
                  : "UPDATE outbox SET due_at = NULL WHERE batch_id = ?",
              id.value());
          return move(
              session,
              id,
              BatchStatus.PROCESSING,
              taken ? BatchStatus.COMPLETED : BatchStatus.FAILED);
        });
  }

  private BatchState move(Session session, BatchId id, BatchStatus from, BatchStatus to)
      throws SQLException {
    BatchState batch = EventLog.batch(session, id);
    if (batch.status() != from) {
      return batch;
    }
    BatchState moved = batch.moved(to);
    Instant now = Instant.ofEpochMilli(clock.millis());
    EventLog.append(session, moved, EventKind.STATUS, DELIVERY, now);
    return moved;
  }

  /** Takes back a try that we interrupted: the message is due as before. */
  public void release(BatchId id) {
    writer.write(
        session ->
            session.update(
                "UPDATE outbox SET attempts = attempts - 1, due_at = ? WHERE batch_id = ?",
                clock.millis(),
                id.value()));
  }
}
