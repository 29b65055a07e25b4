package dev.archive.client.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.plan.Plan;
import dev.archive.model.LogicalPath;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import dev.archive.wire.RawJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The journal of an older build is read: it was written by build 199cdaa, which kept the device and
 * no time of change.
 */
class OldJournalTest {
  private static final String RECEIPTED =
      "fa690e06ca2f11411d49f3cabc36ee3258b69f3132a126296ed1642be33d07ca";
  private static final RunIdentity RUN =
      RunIdentity.of(
          "embedded:/srv/archive", List.of(Path.of("/srv/letters")), "/1999", "Käthe", List.of());

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void putItThere() throws IOException {
    file = directory.resolve("journal");
    try (InputStream in = getClass().getResourceAsStream("/journals/build-199cdaa.journal")) {
      Files.copy(in, file);
    }
  }

  /** The files as they were, on a disk that has another device number now. */
  private static Plan plan() {
    FileTime time = FileTime.from(Instant.parse("2026-11-30T03:01:38.474076659Z"));
    Plan.Builder files = new Plan.Builder();
    long[] inodes = {1466468, 1466502, 1466568};
    for (int i = 0; i < inodes.length; i++) {
      String name = "box/" + (i + 1) + ".txt";
      files.add(
          new SourceFile(
              Path.of("/srv/letters/" + name),
              LogicalPath.parse("/1999/" + name),
              new Stamp(9, time, time, inodes[i], false)));
    }
    return files.build();
  }

  @Test
  void itSaysWhatWasArchivedWithWhichWish() {
    try (Journal journal = Journal.open(file, RUN)) {
      assertEquals(RECEIPTED, journal.receipt().manifestSha256().hex());
      assertEquals("01M8N6DGGBWCMJ3MZVKHDSY9RH", journal.batch().value());
      assertNull(journal.archive());
      assertTrue(journal.hasSameShape(plan()));
      assertTrue(journal.hasSameMetadata(new RawJson("{ \"box\": \"7\" }")));
      assertFalse(journal.hasSameMetadata(null));
    }
  }

  @Test
  void itProvesNothingOfFilesUnlessTheTimeOfChangeIsIgnored() {
    try (Journal journal = Journal.open(file, RUN)) {
      Plan plan = plan();
      journal.tellDigests(plan, Trust.FULL);
      assertEquals(3, plan.unhashed().size());
      journal.tellDigests(plan, new Trust(true, false));
      assertEquals(RECEIPTED, plan.manifestSha256().hex());
    }
  }

  @Test
  void onceConfirmedItIsAsANewOne() {
    Plan plan = plan();
    try (Journal journal = Journal.open(file, RUN)) {
      Plan told = plan();
      journal.tellDigests(told, new Trust(true, true));
      // As if they had been read.
      for (int i = 0; i < plan.size(); i++) {
        plan.setDigest(i, told.digest(i));
      }
    }
    try (Journal journal = Journal.open(file, RUN)) {
      journal.confirm(plan, "01BX5ZZKBKACTAV9WEVGEMMVRZ");
    }
    try (Journal journal = Journal.open(file, RUN)) {
      assertEquals("01BX5ZZKBKACTAV9WEVGEMMVRZ", journal.archive());
      assertEquals(RECEIPTED, journal.receipt().manifestSha256().hex());
      assertTrue(journal.hasSameMetadata(new RawJson("{\"box\":\"7\"}")));
      Plan again = plan();
      journal.tellDigests(again, Trust.FULL);
      assertEquals(RECEIPTED, again.manifestSha256().hex());
    }
  }

  @Test
  void confirmedByWhatIsIgnoredItStillProvesNothing() {
    Trust ignoring = new Trust(true, false);
    try (Journal journal = Journal.open(file, RUN)) {
      Plan plan = plan();
      journal.tellDigests(plan, ignoring);
      journal.confirm(plan, "01BX5ZZKBKACTAV9WEVGEMMVRZ");
    }
    try (Journal journal = Journal.open(file, RUN)) {
      Plan plan = plan();
      journal.tellDigests(plan, Trust.FULL);
      assertEquals(3, plan.unhashed().size());
      journal.tellDigests(plan, ignoring);
      assertEquals(RECEIPTED, plan.manifestSha256().hex());
    }
  }

  @Test
  void anInterruptedOneIsFoundAndCanBeResumed() throws IOException {
    List<String> lines = Files.readAllLines(file);
    Files.write(file, lines.subList(0, lines.size() - 2));
    UnfinishedRun run = Journal.unfinished(file);
    assertNotNull(run);
    assertEquals("{\"box\":\"7\"}", run.metadata().text());
    assertEquals("01M8N6DGGBWCMJ3MZVKHDSY9RH", run.batch().value());
  }
}
