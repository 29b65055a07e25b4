package dev.archive.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.ledger.BatchLedger.Change;
import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchLedger.PartState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchLedgerTest {
  private static final Sha256 HELLO = Sha256.of("hello".getBytes(UTF_8));
  private static final Sha256 OTHER = Sha256.of("other".getBytes(UTF_8));

  private static final Operation SOMEBODY = Operation.unnamed("test-1");

  @TempDir Path directory;
  private BatchLedger ledger;
  private BatchId batch;

  @BeforeEach
  void open() {
    ledger = new BatchLedger(directory.resolve("state.db"), Clock.systemUTC(), Thread::new);
    batch = ledger.create(declared(2), SOMEBODY).id();
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void versionsCountChangesAndNothingElse() {
    assertEquals(1, ledger.batch(batch).version());
    assertEquals(2, register(simple("/a", 5, null)).version());
    assertEquals(2, register(simple("/a", 5, null)).version());
    assertEquals(3, register(simple("/a", 5, HELLO)).version());
    assertEquals(3, register(simple("/a", 5, null)).version());
    assertEquals(4, complete(entry("/a", 5, HELLO)).version());
    assertEquals(4, complete(entry("/a", 5, HELLO)).version());
    BatchState state = ledger.batch(batch);
    assertEquals(1, state.registeredFiles());
    assertEquals(1, state.completedFiles());
    assertEquals(5, state.completedBytes());
  }

  @Test
  void batchThatWasActiveSinceTheListWasMadeDoesNotExpire() {
    Instant soon = Instant.now().plusSeconds(3600);
    assertEquals(List.of(batch), ledger.idle(soon));
    Instant before = ledger.batch(batch).activeAt().minusMillis(1);
    assertEquals(false, ledger.expire(batch, before), "it has been active since");
    assertEquals(BatchStatus.UPLOADING, ledger.batch(batch).status());
    assertEquals(1, ledger.batch(batch).version());
    assertEquals(true, ledger.expire(batch, ledger.batch(batch).activeAt()));
    assertEquals(BatchStatus.EXPIRED, ledger.batch(batch).status());
    assertEquals(false, ledger.expire(batch, soon), "once");
    assertEquals(2, ledger.batch(batch).version());
  }

  /** Nobody counts on the note: an audit that only reads goes on without it. */
  @Test
  void readThatCannotBeNotedIsNoFailure() throws Exception {
    Path file = directory.resolve("state.db");
    register(simple("/a", 5, HELLO));
    EntryState read = complete(entry("/a", 5, HELLO)).entry();
    try (BatchLedger impatient =
            new BatchLedger(file, Clock.systemUTC(), Thread::new, Duration.ofMillis(300));
        Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      impatient.noteReads(batch, List.of(read), Instant.EPOCH);
      statement.execute("ROLLBACK");
      assertNull(impatient.entry(batch, read.registration().path()).readAt());
      impatient.noteReads(batch, List.of(read), Instant.EPOCH);
      assertEquals(Instant.EPOCH, impatient.entry(batch, read.registration().path()).readAt());
    }
  }

  @Test
  void refusedChangeLeavesNoTraceAndNoGap() {
    register(simple("/a", 5, HELLO));
    refused(ErrorCode.CONFLICT, () -> complete(entry("/a", 5, OTHER)));
    refused(ErrorCode.CONFLICT, () -> complete(entry("/a", 6, HELLO)));
    refused(ErrorCode.FILE_NOT_FOUND, () -> complete(entry("/b", 5, HELLO)));
    refused(ErrorCode.CONFLICT, () -> register(simple("/a/b", 1, null)));
    refused(
        ErrorCode.BATCH_NOT_FOUND,
        () -> ledger.register(BatchId.create(0, new Random(9)), simple("/a", 5, null), SOMEBODY));
    assertEquals(3, register(simple("/b", 1, null)).version());
  }

  @Test
  void pathsBelowAFileAreARangeOfTheirOwn() {
    register(simple("/a/b", 1, null));
    for (String beside : List.of("/a.", "/a!", "/a0", "/a-b", "/aa", "/A")) {
      register(simple(beside, 1, null));
    }
    refused(ErrorCode.CONFLICT, () -> register(simple("/a", 1, null)));
  }

  @Test
  void digestThatBecomesKnownKeepsTheUploadAndItsParts() {
    register(multipart("/big", 7, null, "one"));
    ledger.addPart(batch, "one", new PartState(1, 7, "e"));
    Change known = register(multipart("/big", 7, HELLO, "two"));
    assertEquals("one", known.entry().registration().uploadId());
    assertEquals(HELLO, ledger.entry(batch, path("/big")).registration().sha256());
    assertEquals(1, ledger.parts(batch, "one").size());
  }

  @Test
  void anotherDigestOrSizeBeginsANewUploadWithoutParts() {
    register(multipart("/big", 7, HELLO, "one"));
    ledger.addPart(batch, "one", new PartState(1, 7, "e"));
    Change replaced = register(multipart("/big", 7, OTHER, "two"));
    assertEquals("two", replaced.entry().registration().uploadId());
    assertEquals(List.of(), ledger.parts(batch, "one"));
    assertEquals(1, ledger.batch(batch).registeredFiles());
  }

  @Test
  void partsAreRecordedDroppedAndReplacedByNumber() {
    ledger.addPart(batch, "u", new PartState(2, 5, "b"));
    ledger.addPart(batch, "u", new PartState(1, 9, "a"));
    ledger.addPart(batch, "u", new PartState(2, 5, "c"));
    assertEquals(
        List.of(new PartState(1, 9, "a"), new PartState(2, 5, "c")), ledger.parts(batch, "u"));
    assertEquals(1, ledger.part(batch, "u", 1).number());
    ledger.dropPart(batch, "u", 1);
    assertEquals(List.of(new PartState(2, 5, "c")), ledger.parts(batch, "u"));
    ledger.dropParts(batch, "u", ledger.parts(batch, "u"));
    assertEquals(List.of(), ledger.parts(batch, "u"));
    assertEquals(1, ledger.batch(batch).version());
  }

  @Test
  void finalizeTakesEffectOnlyAtTheVersionSeenAndOnce() {
    complete("/a");
    assertNull(ledger.finalizeBatch(ledger.batch(batch), HELLO, SOMEBODY), "one of two files");
    complete("/b");
    BatchState seen = ledger.batch(batch);
    register(simple("/c", 1, null));
    assertNull(ledger.finalizeBatch(seen, HELLO, SOMEBODY), "changed since");
    assertNull(
        ledger.finalizeBatch(ledger.batch(batch), HELLO, SOMEBODY), "a third file is registered");

    batch = ledger.create(declared(1), SOMEBODY).id();
    complete("/a");
    BatchState present = ledger.batch(batch);
    BatchState done = ledger.finalizeBatch(present, HELLO, SOMEBODY);
    assertEquals(BatchStatus.ENQUEUED, done.status());
    assertEquals(present.version() + 1, done.version());
    assertEquals(HELLO, done.manifestSha256());
    assertNull(ledger.finalizeBatch(present, HELLO, SOMEBODY));
    assertNull(ledger.finalizeBatch(done, HELLO, SOMEBODY));
    refused(ErrorCode.NOT_UPLOADING, () -> register(simple("/z", 1, null)));
  }

  @Test
  void snapshotIsOfOneMomentHoweverMuchChangesMeanwhile() throws IOException {
    for (int i = 0; i < 100; i++) {
      register(simple("/" + i, i, null));
    }
    List<String> seen = new ArrayList<>();
    long[] version = new long[1];
    ledger.snapshot(
        batch,
        Order.PATH,
        0,
        0,
        state -> {
          version[0] = state.version();
          register(simple("/new", 1, null));
        },
        file -> {
          if (seen.isEmpty()) {
            register(simple("/newer", 1, null));
          }
          seen.add(file.registration().path().toString());
        });
    assertEquals(101, version[0]);
    assertEquals(100, seen.size());
    assertEquals(seen.stream().sorted().toList(), seen);
    assertEquals(103, ledger.batch(batch).version());
  }

  @Test
  void snapshotByVersionBeginsAfterTheOneGiven() throws IOException {
    for (int i = 0; i < 10; i++) {
      register(simple("/" + (9 - i), 1, null));
    }
    List<Long> versions = new ArrayList<>();
    ledger.snapshot(batch, Order.VERSION, 4, 3, state -> {}, file -> versions.add(file.version()));
    assertEquals(List.of(5L, 6L, 7L), versions);
  }

  @Test
  void unfinishedFilesAreNamedInOrderUpToALimit() {
    complete("/b");
    register(simple("/c", 1, null));
    register(simple("/a", 1, null));
    assertEquals(List.of(path("/a"), path("/c")), ledger.unfinished(batch, 5));
    assertEquals(List.of(path("/a")), ledger.unfinished(batch, 1));
  }

  @Test
  void sameKeyIsTheSameWish() {
    BatchState first = ledger.create(declared(3), Operation.keyed("key"));
    assertEquals(first.id(), ledger.create(declared(3), Operation.keyed("key")).id());
    refused(ErrorCode.CONFLICT, () -> ledger.create(declared(4), Operation.keyed("key")));
  }

  @Test
  void everythingIsThereAfterReopening() {
    complete("/a");
    BatchState before = ledger.batch(batch);
    EntryState file = ledger.entry(batch, path("/a"));
    ledger.close();
    ledger = new BatchLedger(directory.resolve("state.db"), Clock.systemUTC(), Thread::new);
    assertEquals(before, ledger.batch(batch));
    assertEquals(file.sha256(), ledger.entry(batch, path("/a")).sha256());
    assertEquals(file.version(), ledger.entry(batch, path("/a")).version());
  }

  @Test
  void closedLedgerTakesNoChange() {
    ledger.close();
    refused(ErrorCode.UNAVAILABLE, () -> register(simple("/a", 1, null)));
  }

  private Change register(Registration wanted) {
    return ledger.register(batch, wanted, SOMEBODY);
  }

  private Change complete(Entry stored) {
    return ledger.complete(batch, stored, SOMEBODY);
  }

  private void complete(String path) {
    register(simple(path, 5, null));
    complete(entry(path, 5, HELLO));
  }

  private static void refused(ErrorCode code, Runnable change) {
    assertEquals(code, assertThrows(ArchiveException.class, change::run).code());
  }

  private static BatchState declared(long files) {
    Instant now = Instant.parse("2026-11-24T12:00:00Z");
    return new BatchState(
        BatchId.create(now.toEpochMilli(), new java.security.SecureRandom()),
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
        now,
        now,
        null,
        null,
        null);
  }

  private static Registration simple(String path, long size, Sha256 digest) {
    return new Registration(path(path), size, digest, "text/plain", "{}", null, null);
  }

  private static Registration multipart(String path, long size, Sha256 digest, String uploadId) {
    return new Registration(path(path), size, digest, "text/plain", "{}", uploadId, 10L);
  }

  private static Entry entry(String path, long size, Sha256 digest) {
    return new Entry(path(path), size, digest);
  }

  private static LogicalPath path(String text) {
    return LogicalPath.parse(text);
  }
}
