package dev.archive.client.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.client.plan.Plan;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal knows of a file is said only of the file that it was read from. */
class JournalStampTest {
  private static final FileTime MODIFIED = FileTime.fromMillis(1_000_000_000_000L);
  private static final FileTime CHANGED = FileTime.fromMillis(1_100_000_000_000L);
  private static final FileTime OTHER = FileTime.fromMillis(1_200_000_000_000L);
  private static final Stamp STAMP = new Stamp(7, MODIFIED, CHANGED, 4711, false);
  private static final Sha256 DIGEST = Sha256.of("content".getBytes(StandardCharsets.UTF_8));
  private static final Trust ALL = new Trust(false, false);

  @TempDir Path directory;
  private RunIdentity run;

  private static SourceFile file(Stamp stamp) {
    return new SourceFile(Path.of("/tree/a"), LogicalPath.parse("/a"), stamp);
  }

  private static Plan plan(Stamp stamp) {
    Plan.Builder files = new Plan.Builder();
    files.add(file(stamp));
    return files.build();
  }

  @BeforeEach
  void keepADigest() {
    run = RunIdentity.of("server", List.of(Path.of("/tree")), "/", "me", List.of());
    keep(STAMP);
  }

  private void keep(Stamp stamp) {
    try (Journal journal = Journal.open(directory.resolve("journal"), run)) {
      journal.begin(plan(stamp), "key", null);
      journal.proved(List.of(new Journal.Proved(file(stamp), DIGEST)));
    }
  }

  private Sha256 told(Stamp stamp, Trust trust) {
    Plan plan = plan(stamp);
    try (Journal journal = Journal.open(directory.resolve("journal"), run)) {
      journal.tellDigests(plan, trust);
    }
    return plan.digest(0);
  }

  @Test
  void theDigestOfTheSameFileIsTold() {
    assertEquals(DIGEST, told(STAMP, ALL));
  }

  @Test
  void theDigestIsNotToldOfAFileThatDiffersInAnyOneThing() {
    assertEquals(null, told(new Stamp(8, MODIFIED, CHANGED, 4711, false), ALL), "another size");
    assertEquals(null, told(new Stamp(7, OTHER, CHANGED, 4711, false), ALL), "modified since");
    assertEquals(null, told(new Stamp(7, MODIFIED, OTHER, 4711, false), ALL), "changed since");
    assertEquals(null, told(new Stamp(7, MODIFIED, CHANGED, 4712, false), ALL), "another inode");
    assertEquals(null, told(new Stamp(7, MODIFIED, CHANGED, 711, false), ALL), "another inode");
    assertEquals(null, told(new Stamp(7, MODIFIED, CHANGED, 14711, false), ALL), "another inode");
  }

  @Test
  void theDigestOfAFileThatWasYoungWhenItWasReadIsNotTold() {
    keep(new Stamp(7, MODIFIED, CHANGED, 4711, true));
    assertEquals(null, told(STAMP, ALL), "an edit of the same moment cannot be seen");
  }

  @Test
  void whatIsToBeIgnoredIsIgnoredAndNothingElse() {
    Stamp changed = new Stamp(7, MODIFIED, OTHER, 4711, false);
    Stamp moved = new Stamp(7, MODIFIED, CHANGED, 4712, false);
    assertEquals(DIGEST, told(changed, new Trust(true, false)));
    assertEquals(DIGEST, told(moved, new Trust(false, true)));
    assertEquals(null, told(changed, new Trust(false, true)), "changed since");
    assertEquals(null, told(moved, new Trust(true, false)), "another inode");
  }
}
