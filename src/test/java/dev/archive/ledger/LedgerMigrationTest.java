package dev.archive.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Event;
import dev.archive.model.EventChain;
import dev.archive.model.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ledgers that earlier programs wrote. */
class LedgerMigrationTest {
  private static final String DONE = "01K0000000000000000000000A";
  private static final String OPEN = "01K0000000000000000000000B";

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("state.db");
  }

  private void sql(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private BatchLedger open() {
    return new BatchLedger(file(), Clock.systemUTC(), Thread::new);
  }

  private void writeVersion1() throws SQLException {
    sql(
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE batch (id TEXT PRIMARY KEY, session_id TEXT NOT NULL,"
            + " version BIGINT NOT NULL, status TEXT NOT NULL, uploader TEXT NOT NULL,"
            + " root_path TEXT NOT NULL, parent_pi TEXT NOT NULL, metadata TEXT,"
            + " custom_prompts TEXT, declared_files BIGINT NOT NULL,"
            + " declared_bytes BIGINT NOT NULL, registered_files BIGINT NOT NULL,"
            + " completed_files BIGINT NOT NULL, completed_bytes BIGINT NOT NULL,"
            + " created_at BIGINT NOT NULL, active_at BIGINT NOT NULL, finalized_at BIGINT,"
            + " manifest_sha256 TEXT, idempotency_key TEXT UNIQUE)",
        "CREATE TABLE file (batch_id TEXT NOT NULL, path TEXT NOT NULL, size BIGINT NOT NULL,"
            + " declared_sha256 TEXT, content_type TEXT NOT NULL, processing TEXT, upload_id TEXT,"
            + " part_size BIGINT, sha256 TEXT, completed_at BIGINT, version BIGINT NOT NULL,"
            + " PRIMARY KEY (batch_id, path))",
        "CREATE UNIQUE INDEX file_version ON file (batch_id, version)",
        "CREATE TABLE part (batch_id TEXT NOT NULL, upload_id TEXT NOT NULL,"
            + " number INTEGER NOT NULL, size BIGINT NOT NULL, etag TEXT NOT NULL,"
            + " PRIMARY KEY (batch_id, upload_id, number))",
        "INSERT INTO batch VALUES ('"
            + DONE
            + "', 'sess_a', 4, 'enqueued', 'Ada', '/',"
            + " '00000000000000000000000000', NULL, NULL, 1, 5, 1, 1, 5, 1000, 1000, 2000, '"
            + "a".repeat(64)
            + "', NULL)",
        "INSERT INTO batch VALUES ('"
            + OPEN
            + "', 'sess_b', 1, 'uploading', 'Ada', '/',"
            + " '00000000000000000000000000', NULL, NULL, 1, 5, 0, 0, 0, 1000, 1000, NULL, NULL,"
            + " 'key')",
        "PRAGMA user_version = 1");
  }

  @Test
  void ledgerOfVersion1GoesOn() throws SQLException {
    writeVersion1();
    try (BatchLedger ledger = open()) {
      BatchState done = ledger.batch(new BatchId(DONE));
      assertEquals(4, done.finalizedVersion());
      assertEquals(4, done.version());
      assertNull(ledger.batch(new BatchId(OPEN)).finalizedVersion());

      Deliveries.Delivery due =
          ledger.deliveries().begin(attempt -> Duration.ofHours(attempt), Set.of());
      assertEquals(DONE, due.batch().id().value());
      assertEquals(1, due.attempt());
      assertNull(
          ledger.deliveries().begin(attempt -> Duration.ZERO, Set.of()),
          "only what was finalized waits");
      ledger.deliveries().end(new BatchId(DONE), true);
    }
    try (BatchLedger ledger = open()) {
      BatchState done = ledger.batch(new BatchId(DONE));
      assertEquals(BatchStatus.COMPLETED, done.status());
      assertEquals(6, done.version());
      assertEquals(4, done.finalizedVersion());
    }
  }

  @Test
  void historyOfAnOlderBatchBeginsWhereItStands() throws SQLException, IOException {
    writeVersion1();
    BatchId open = new BatchId(OPEN);
    try (BatchLedger ledger = open()) {
      ledger.abort(open, Operation.unnamed("r1"));
      assertEquals(List.of("1 adopted uploading", "2 status aborted"), history(ledger, open));
    }
    try (BatchLedger ledger = open()) {
      assertEquals(List.of("4 adopted enqueued"), history(ledger, new BatchId(DONE)));
    }
  }

  private static List<String> history(BatchLedger ledger, BatchId id) throws IOException {
    List<String> lines = new ArrayList<>();
    EventChain chain = new EventChain(id);
    ledger.history(
        id,
        0,
        100,
        batch -> {},
        each -> {
          chain.accept(each.event(), each.hash());
          Event event = each.event();
          lines.add(event.version() + " " + event.kind() + " " + event.status());
        });
    chain.end(ledger.batch(id).version());
    return lines;
  }

  /** What was registered and never sent took no room before it was counted. */
  @Test
  void sizesThatAddUpToMoreThanANumberHoldsKeepNoLedgerClosed() throws SQLException {
    writeVersion1();
    sql(
        "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)"
            + " INSERT INTO file SELECT '"
            + OPEN
            + "', '/' || i, 9007199254740991, NULL, 'a/b', NULL, NULL, NULL, NULL, NULL, i FROM n",
        "INSERT INTO file VALUES ('"
            + DONE
            + "', '/a', 5, NULL, 'a/b', NULL, NULL, NULL, NULL, NULL, 2)");
    try (BatchLedger ledger = open()) {
      assertEquals(9007199254740991L, ledger.batch(new BatchId(OPEN)).registeredBytes());
      ledger.abort(new BatchId(OPEN), Operation.unnamed("r1"));
    }
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT open_bytes, bytes FROM usage")) {
      assertEquals(0, row.getLong(1));
      assertEquals(5, row.getLong(2));
    }
  }

  @Test
  void ledgerOfALaterVersionIsRefused() throws SQLException {
    open().close();
    sql("PRAGMA user_version = 99");
    ArchiveException refusal = assertThrows(ArchiveException.class, this::open);
    assertEquals(ErrorCode.USAGE, refusal.code());
  }

  @Test
  void deliveryThatIsReleasedIsDueAsBefore() throws SQLException {
    writeVersion1();
    try (BatchLedger ledger = open()) {
      BatchId id = new BatchId(DONE);
      assertEquals(1, ledger.deliveries().begin(Duration::ofHours, Set.of()).attempt());
      ledger.deliveries().release(id);
      assertEquals(1, ledger.deliveries().begin(attempt -> Duration.ZERO, Set.of()).attempt());
      assertEquals(2, ledger.deliveries().begin(attempt -> Duration.ZERO, Set.of()).attempt());
      ledger.deliveries().end(id, false);
      assertEquals(BatchStatus.FAILED, ledger.batch(id).status());
      assertEquals(6, ledger.batch(id).version());
      assertNull(ledger.deliveries().begin(attempt -> Duration.ZERO, Set.of()));
    }
  }
}
