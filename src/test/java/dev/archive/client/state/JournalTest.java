package dev.archive.client.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.api.FileDigest;
import dev.archive.client.plan.Plan;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import dev.archive.model.Sha256;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import dev.archive.source.SourceWalker;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a crash, an edit or another program may leave of a journal is recognised, never guessed at
 * (C2, C9).
 */
class JournalTest {
  private static final BatchId BATCH = BatchId.parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  private static final String ARCHIVE = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

  @TempDir Path directory;
  private Path file;
  private Path tree;
  private RunIdentity run;
  private Plan plan;

  @BeforeEach
  void makeAPlan() throws IOException {
    tree = Trees.small(directory.resolve("tree"), 6, 1);
    file = directory.resolve("journal");
    run = RunIdentity.of("server", List.of(tree), "/", "me", List.of());
    plan = plan();
  }

  private Plan plan() {
    Plan.Builder files = new Plan.Builder();
    // Some time after its files were made: their stamps can be trusted.
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(1));
    SourceWalker.walk(
        SourceWalker.resolve(List.of(tree)), "/", OwnPlaces.NONE, Filters.NONE, later, files::add);
    return files.build();
  }

  private void writeWholeJournal() {
    try (Journal journal = Journal.open(file, run)) {
      journal.begin(plan, "key", null);
      journal.opened(BATCH, ARCHIVE);
      for (int i = 0; i < plan.size(); i++) {
        plan.setDigest(plan.file(i).path(), FileDigest.of(plan.file(i)));
        journal.proved(List.of(new Journal.Proved(plan.file(i), plan.digest(i))));
      }
      Sha256 manifest = plan.manifestSha256();
      journal.finished(
          new Receipt(
              BATCH,
              14L,
              plan.size(),
              plan.bytes(),
              manifest,
              BatchStatus.ENQUEUED,
              "server",
              null));
    }
  }

  @Test
  void tellsTheNextProcessAllItWasTold() {
    writeWholeJournal();
    try (Journal journal = Journal.open(file, run)) {
      assertTrue(journal.hasPlan());
      assertEquals("key", journal.idempotencyKey());
      assertEquals(BATCH, journal.batch());
      assertEquals(plan.size(), journal.receipt().files());
      Plan again = plan();
      assertEquals(ARCHIVE, journal.archive());
      assertTrue(journal.hasSameShape(again));
      journal.tellDigests(again, Trust.FULL);
      assertEquals(plan.manifestSha256(), again.manifestSha256());
    }
  }

  @Test
  void everyPrefixOfAGoodOneIsReadAsFarAsItGoes() throws IOException {
    writeWholeJournal();
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      try (Journal journal = Journal.open(file, run)) {
        if (journal.receipt() != null) {
          assertEquals(whole.length, length);
        }
        if (journal.batch() != null) {
          assertTrue(journal.hasPlan());
        }
        if (journal.hasPlan()) {
          assertTrue(journal.hasSameShape(plan));
        }
      }
      // What was torn off is gone, and what is appended now is read by the next.
      try (Journal journal = Journal.open(file, run)) {
        journal.begin(plan, "next", null);
      }
      try (Journal journal = Journal.open(file, run)) {
        assertEquals("next", journal.idempotencyKey());
      }
    }
  }

  @Test
  void appendingAfterATornTailKeepsBoth() throws IOException {
    writeWholeJournal();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 3));
    try (Journal journal = Journal.open(file, run)) {
      assertNull(journal.receipt());
      journal.proved(List.of(new Journal.Proved(plan.file(0), plan.digest(0))));
    }
    try (Journal journal = Journal.open(file, run)) {
      assertEquals(BATCH, journal.batch());
      Plan again = plan();
      journal.tellDigests(again, Trust.FULL);
      assertEquals(plan.manifestSha256(), again.manifestSha256());
    }
  }

  @Test
  void aChangedByteBeforeTheEndIsRefused() throws IOException {
    writeWholeJournal();
    byte[] whole = Files.readAllBytes(file);
    int lastLine =
        new String(whole, StandardCharsets.ISO_8859_1).lastIndexOf('\n', whole.length - 2);
    for (int at = 0; at < lastLine; at += 7) {
      byte[] edited = whole.clone();
      edited[at] ^= 1;
      Files.write(file, edited);
      assertEquals(
          ErrorCode.USAGE,
          assertThrows(ArchiveException.class, () -> Journal.open(file, run)).code());
      assertEquals(-1, Arrays.mismatch(edited, Files.readAllBytes(file)), "it is left as it was");
    }
  }

  @Test
  void aForeignOneIsRefused() throws IOException {
    writeWholeJournal();
    RunIdentity other = RunIdentity.of("other", List.of(tree), "/", "me", List.of());
    String message =
        assertThrows(ArchiveException.class, () -> Journal.open(file, other)).getMessage();
    assertTrue(message.contains("another run"), message);
    Files.writeString(file, "not a journal\nat all\n");
    assertThrows(ArchiveException.class, () -> Journal.open(file, run));
  }

  @Test
  void anEditedFileIsNoLongerUnchangedAndItsDigestIsNotTold() throws IOException {
    writeWholeJournal();
    Path edited = Trees.files(tree).get(0);
    byte[] content = Files.readAllBytes(edited);
    content[0] ^= 1;
    Files.write(edited, content);
    Plan now = plan();
    try (Journal journal = Journal.open(file, run)) {
      assertTrue(journal.hasSameShape(now));
      journal.tellDigests(now, Trust.FULL);
      assertNull(now.digest(now.indexOf(now.file(0).path())));
      assertNotNull(now.digest(1));
    }
  }
}
