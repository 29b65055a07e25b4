package dev.archive.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.Event;
import dev.archive.model.EventChain;
import dev.archive.model.EventKind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
  private static final Instant NOON = Instant.parse("2026-11-24T12:00:00.120Z");
  private static final Sha256 HELLO = Sha256.of("hello".getBytes(UTF_8));
  private static final LogicalPath MAY = LogicalPath.parse("/may.tif");

  @TempDir Path directory;
  private BatchLedger ledger;
  private BatchId batch;

  @BeforeEach
  void open() {
    ledger =
        new BatchLedger(
            directory.resolve("state.db"), Clock.fixed(NOON, ZoneOffset.UTC), Thread::new);
    batch = ledger.create(declared(1), Operation.keyed("init")).id();
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void everyChangeLeavesItsEventAndNothingElseDoes() throws IOException {
    register(null, "r1");
    register(null, "r2");
    register(HELLO, "r3");
    complete("r4");
    complete("r5");
    BatchState seen = ledger.batch(batch);
    ledger.finalizeBatch(seen, HELLO, Operation.unnamed("r6"));
    assertNull(ledger.finalizeBatch(seen, HELLO, Operation.unnamed("r7")));
    ledger.touch(batch, Duration.ZERO);
    ledger.deliveries().begin(attempt -> Duration.ZERO, Set.of());
    ledger.deliveries().begin(attempt -> Duration.ZERO, Set.of());
    ledger.deliveries().end(batch, true);
    assertEquals(
        List.of(
            event(1, EventKind.CREATED, null, 10L, null, BatchStatus.UPLOADING, "init"),
            event(2, EventKind.REGISTERED, MAY, 5L, null, null, "r1"),
            event(3, EventKind.REPLACED, MAY, 5L, HELLO, null, "r3"),
            event(4, EventKind.COMPLETED, MAY, 5L, HELLO, null, "r4"),
            event(5, EventKind.FINALIZED, null, 5L, HELLO, BatchStatus.ENQUEUED, "r6"),
            event(6, EventKind.STATUS, null, 5L, HELLO, BatchStatus.PROCESSING, "delivery"),
            event(7, EventKind.STATUS, null, 5L, HELLO, BatchStatus.COMPLETED, "delivery")),
        history(0, 100).stream().map(RecordedEvent::event).toList());
    assertEquals(7, ledger.batch(batch).version());
  }

  @Test
  void batchThatIsGivenUpSaysSoAndBy() throws IOException {
    ledger.abort(batch, Operation.unnamed("r1"));
    ledger.abort(batch, Operation.unnamed("r2"));
    BatchId idle = ledger.create(declared(1), Operation.unnamed("r3")).id();
    assertTrue(ledger.expire(idle, NOON));
    assertEquals(
        event(2, EventKind.STATUS, null, 0L, null, BatchStatus.ABORTED, "r1"),
        history(1, 100).get(0).event());
    batch = idle;
    assertEquals(
        event(2, EventKind.STATUS, null, 0L, null, BatchStatus.EXPIRED, "expiry"),
        history(1, 100).get(0).event());
  }

  @Test
  void eventsAreChainedByTheHashOfTenLines() throws IOException {
    register(HELLO, "r1");
    RecordedEvent first = history(0, 1).get(0);
    RecordedEvent second = history(1, 1).get(0);
    String lines =
        String.join(
            "\n",
            first.hash().hex(),
            batch.value(),
            "2",
            "registered",
            "/may.tif",
            "5",
            HELLO.hex(),
            "",
            "r1",
            "2026-11-24T12:00:00.120Z",
            "");
    assertEquals(Sha256.of(lines.getBytes(UTF_8)), second.hash());

    EventChain chain = new EventChain(batch);
    chain.accept(first.event(), first.hash());
    chain.accept(second.event(), second.hash());
    chain.end(ledger.batch(batch).version());
    assertEquals(second.hash(), chain.hash());
  }

  @Test
  void refusedChangeLeavesNoEvent() throws IOException {
    register(HELLO, "r1");
    LogicalPath below = LogicalPath.parse("/may.tif/x");
    assertThrows(
        ArchiveException.class,
        () -> ledger.register(batch, file(below, 5, null), Operation.unnamed("r2")));
    assertEquals(2, history(0, 100).size());
  }

  @Test
  void keyedRegistrationTakesEffectOnceHoweverLateItIsRepeated() throws IOException {
    Operation one = Operation.keyed("one");
    ledger.register(batch, file(MAY, 5, null), one);
    ledger.register(batch, file(MAY, 5, null), one);
    ledger.register(batch, file(MAY, 6, null), Operation.keyed("other"));
    ArchiveException late =
        assertThrows(ArchiveException.class, () -> ledger.register(batch, file(MAY, 5, null), one));
    assertEquals(ErrorCode.CONFLICT, late.code());
    assertEquals(6, ledger.entry(batch, MAY).registration().size());
    assertEquals(3, ledger.batch(batch).version());

    LogicalPath june = LogicalPath.parse("/june.tif");
    ledger.register(batch, file(june, 5, null), one);
    assertEquals(4, ledger.batch(batch).version(), "one key may register many files");
  }

  @Test
  void keyedRegistrationOfWhatIsSoAlreadyTakesNoEffectLaterEither() {
    Operation two = Operation.keyed("two");
    ledger.register(batch, file(MAY, 5, null), Operation.unnamed("one"));
    ledger.register(batch, file(MAY, 5, null), two);
    ledger.register(batch, file(MAY, 5, null), two);
    ledger.register(batch, file(MAY, 6, null), Operation.keyed("three"));
    ArchiveException late =
        assertThrows(ArchiveException.class, () -> ledger.register(batch, file(MAY, 5, null), two));
    assertEquals(ErrorCode.CONFLICT, late.code());
    assertEquals(6, ledger.entry(batch, MAY).registration().size());
  }

  @Test
  void historyIsReadInPages() throws IOException {
    for (int i = 0; i < 9; i++) {
      ledger.register(batch, file(LogicalPath.parse("/" + i), 1, null), Operation.unnamed("r"));
    }
    assertEquals(
        List.of(5L, 6L, 7L), history(4, 3).stream().map(each -> each.event().version()).toList());
    assertEquals(List.of(), history(10, 3));
  }

  @Test
  void historyIsNeitherChangedNorShortened() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("state.db"));
        Statement statement = connection.createStatement()) {
      for (String change : List.of("UPDATE event SET at = 0", "DELETE FROM event")) {
        assertThrows(SQLException.class, () -> statement.executeUpdate(change));
      }
    }
  }

  private static Event event(
      long version,
      EventKind kind,
      LogicalPath path,
      Long size,
      Sha256 sha256,
      BatchStatus status,
      String operation) {
    return new Event(version, kind, path, size, sha256, status, operation, NOON);
  }

  private void register(Sha256 digest, String request) {
    ledger.register(batch, file(MAY, 5, digest), Operation.unnamed(request));
  }

  private void complete(String request) {
    ledger.complete(batch, new Entry(MAY, 5, HELLO), Operation.unnamed(request));
  }

  private List<RecordedEvent> history(long since, long limit) throws IOException {
    List<RecordedEvent> events = new ArrayList<>();
    ledger.history(batch, since, limit, state -> {}, events::add);
    return events;
  }

  private static Registration file(LogicalPath path, long size, Sha256 digest) {
    return new Registration(path, size, digest, "text/plain", "{}", null, null);
  }

  private static BatchState declared(long files) {
    return new BatchState(
        BatchId.create(NOON.toEpochMilli(), new Random()),
        "sess_x",
        1,
        BatchStatus.UPLOADING,
        "Ada",
        "/",
        "0".repeat(26),
        null,
        null,
        files,
        10,
        0,
        0,
        0,
        0,
        NOON,
        NOON,
        null,
        null,
        null);
  }
}
