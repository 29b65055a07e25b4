package dev.archive.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.ledger.FaultyDriver.When;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of changes whose commit fails (P9, and the rows D2 and D3 of the fault matrix). */
class GroupCommitTest {
  private static final int BUSY = 5;
  private static final int IO_ERROR = 10;
  private static final int CORRUPT = 11;
  private static final int FULL = 13;

  @TempDir Path directory;
  private FaultyDriver driver;
  private LedgerDatabase database;
  private GroupCommit commits;
  private final AtomicLong nanos = new AtomicLong();

  /** How far the time moves on whenever it is asked for. */
  private volatile long step;

  @BeforeEach
  void open() throws SQLException {
    driver = FaultyDriver.install();
    database =
        new LedgerDatabase(directory.resolve("state.db"), Clock.systemUTC(), BatchLedger.PATIENCE);
    commits = new GroupCommit(database, Thread::new, () -> nanos.addAndGet(step));
  }

  @AfterEach
  void close() throws SQLException {
    commits.close();
    database.close();
    driver.close();
  }

  private int note(String id) {
    return commits.write(
        session ->
            session.update("INSERT INTO outbox (batch_id, attempts, due_at) VALUES (?, 0, 0)", id));
  }

  private List<String> noted() throws SQLException {
    List<String> ids = new ArrayList<>();
    try (var connection = database.reader();
        var statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT batch_id FROM outbox ORDER BY batch_id")) {
      while (rows.next()) {
        ids.add(rows.getString(1));
      }
    }
    return ids;
  }

  private void assertFails(ErrorCode code, String id) {
    ArchiveException failure = assertThrows(ArchiveException.class, () -> note(id));
    assertEquals(code, failure.code(), failure.getMessage());
  }

  @Test
  void failedCommitIsToldAndTheNextChangeIsWrittenOnANewConnection() throws SQLException {
    note("a");
    int before = driver.connections();
    driver.failNext("COMMIT", When.BEFORE, FULL);
    assertFails(ErrorCode.STORAGE_FULL, "b");
    note("c");
    assertEquals(before + 1, driver.connections());
    assertEquals(List.of("a", "c"), noted());
  }

  @Test
  void anErrorFailsTheGroupInFlightAndClosesTheLedger() throws Exception {
    note("a");
    assertNull(commits.trouble(Duration.ofSeconds(30)));
    CountDownLatch together = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Integer> first =
        CompletableFuture.supplyAsync(
            () ->
                commits.write(
                    session -> {
                      begun.countDown();
                      await(together);
                      return 0;
                    }));
    begun.await();
    List<CompletableFuture<Integer>> group =
        new ArrayList<>(List.of(CompletableFuture.supplyAsync(() -> note("b"))));
    group.add(
        CompletableFuture.supplyAsync(
            () ->
                commits.write(
                    session -> {
                      throw new StackOverflowError("planted");
                    })));
    group.add(CompletableFuture.supplyAsync(() -> note("c")));
    while (commits.waiting() < group.size()) {
      Thread.onSpinWait();
    }
    together.countDown();
    assertEquals(0, first.join());
    for (CompletableFuture<Integer> each : group) {
      CompletionException failed = assertThrows(CompletionException.class, each::join);
      assertEquals(ErrorCode.UNAVAILABLE, ((ArchiveException) failed.getCause()).code());
    }
    assertEquals("planted", commits.failure().join().getMessage());
    assertFails(ErrorCode.UNAVAILABLE, "d");
    assertTrue(commits.trouble(Duration.ofSeconds(30)).contains("closed after an internal error"));
    assertEquals(List.of("a"), noted());
  }

  @Test
  void d2_commitThatTookEffectThoughTheDriverFailedIsUnknownAndNotDoneTwice() throws SQLException {
    driver.failNext("COMMIT", When.AFTER, IO_ERROR);
    assertFails(ErrorCode.UNAVAILABLE, "a");
    assertEquals(List.of("a"), noted());
    note("b");
    assertEquals(List.of("a", "b"), noted());
  }

  @Test
  void nothingIsWrittenAfterAFailedCommitUntilTheLedgerWasFoundSound() throws SQLException {
    driver.failNext("COMMIT", When.BEFORE, IO_ERROR);
    assertFails(ErrorCode.UNAVAILABLE, "a");
    for (int i = 0; i < 3; i++) {
      driver.failNext("PRAGMA quick_check", When.BEFORE, CORRUPT);
      assertFails(ErrorCode.INTERNAL, "b" + i);
    }
    assertEquals(List.of(), noted());
    note("c");
    assertEquals(List.of("c"), noted());
  }

  @Test
  void failureOfTheDiskWithinOneChangeFailsAllThatShareItsCommit() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch queued = new CountDownLatch(1);
    CompletableFuture<Object> holding =
        CompletableFuture.supplyAsync(
            () ->
                commits.write(
                    session -> {
                      started.countDown();
                      await(queued);
                      return null;
                    }));
    await(started);
    CompletableFuture<Integer> good = CompletableFuture.supplyAsync(() -> note("good"));
    CompletableFuture<Object> bad =
        CompletableFuture.supplyAsync(
            () ->
                commits.write(
                    session -> {
                      // As SQLite does it: the whole transaction is gone, savepoints and all.
                      session.update("ROLLBACK");
                      throw new SQLException("disk full", null, FULL);
                    }));
    while (commits.waiting() < 2) {
      Thread.onSpinWait();
    }
    queued.countDown();
    holding.join();
    for (CompletableFuture<?> each : List.of(good, bad)) {
      CompletionException failure = assertThrows(CompletionException.class, each::join);
      assertEquals(ErrorCode.STORAGE_FULL, ((ArchiveException) failure.getCause()).code());
    }
    note("later");
    assertEquals(List.of("later"), noted());
  }

  @Test
  void changeThatIsRefusedDoesNotKeepTheOthers() throws SQLException {
    note("a");
    assertThrows(ArchiveException.class, () -> note("a"));
    assertThrows(
        ArchiveException.class,
        () ->
            commits.write(
                session -> {
                  session.update("DELETE FROM outbox");
                  throw new ArchiveException(ErrorCode.CONFLICT, "refused");
                }));
    assertEquals(List.of("a"), noted());
  }

  @Test
  void b3_timeOfACommitIsKnownWhetherItSucceededOrNot() {
    step = 2_100_000_000L;
    note("a");
    assertEquals(Duration.ofMillis(2100), commits.commitTime());
    step = 1000;
    note("b");
    assertEquals(Duration.ofNanos(1000), commits.commitTime());
    step = 3_000_000_000L;
    driver.failNext("COMMIT", When.BEFORE, IO_ERROR);
    assertFails(ErrorCode.UNAVAILABLE, "c");
    assertEquals(Duration.ofSeconds(3), commits.commitTime());
  }

  @Test
  void b3_commitUnderWayCountsOnceItTakesLongerThanTheLastOne() {
    CommitTime time = new CommitTime(nanos::get);
    assertEquals(Duration.ZERO, time.longest());
    time.begin();
    nanos.addAndGet(500);
    assertEquals(Duration.ofNanos(500), time.longest());
    time.end();
    nanos.addAndGet(9000);
    time.begin();
    nanos.addAndGet(300);
    assertEquals(Duration.ofNanos(500), time.longest());
    nanos.addAndGet(300);
    assertEquals(Duration.ofNanos(600), time.longest());
    time.end();
    assertEquals(Duration.ofNanos(600), time.longest());
  }

  @Test
  void d4_ledgerThatAnotherProcessHoldsIsUnavailableAndNotDamaged() throws SQLException {
    driver.failNext("BEGIN IMMEDIATE", When.BEFORE, BUSY);
    assertFails(ErrorCode.UNAVAILABLE, "a");
    // Nothing was written that could have failed: no check of the whole ledger is due.
    driver.failNext("PRAGMA quick_check", When.BEFORE, CORRUPT);
    assertEquals(1, note("a"));
    assertTrue(noted().contains("a"));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
