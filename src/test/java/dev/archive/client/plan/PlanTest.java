package dev.archive.client.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plan keeps its files packed, and gives each back as it was. */
class PlanTest {
  private static final FileTime TIME =
      FileTime.from(Instant.parse("1999-12-31T23:59:59.123456789Z"));
  private static final FileTime CHANGED =
      FileTime.from(Instant.parse("2026-02-03T04:05:06.000000001Z"));

  private static SourceFile file(String file, String path) {
    return file(file, path, new Stamp(7, TIME, CHANGED, 4711, false));
  }

  private static SourceFile file(String file, String path, Stamp stamp) {
    return new SourceFile(Path.of(file), LogicalPath.parse(path), stamp);
  }

  private static Plan plan(List<SourceFile> files) {
    Plan.Builder builder = new Plan.Builder();
    files.forEach(builder::add);
    return builder.build();
  }

  private static Sha256 digest(String content) {
    return Sha256.of(content.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 4711, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void anInodeOfAnyNumberComesBack(long inode) {
    SourceFile file = file("/a/b", "/b", new Stamp(1, TIME, CHANGED, inode, false));
    assertEquals(file, plan(List.of(file)).file(0));
  }

  @Test
  void whetherItIsYoungComesBackWithAndWithoutADigest() {
    for (boolean young : new boolean[] {true, false}) {
      SourceFile file = file("/a/b", "/b", new Stamp(1, TIME, CHANGED, 1, young));
      Plan plan = plan(List.of(file));
      plan.setDigest(0, digest("b"));
      assertEquals(file, plan.file(0));
      assertEquals(digest("b"), plan.digest(0));
      plan.setDigest(0, null);
      assertEquals(file, plan.file(0));
      assertNull(plan.digest(0));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.000000001Z"
      })
  void aTimeOfAnyAgeComesBack(String time) {
    FileTime modified = FileTime.from(Instant.parse(time));
    SourceFile file = file("/a", "/a", new Stamp(1, modified, CHANGED, 1, false));
    assertEquals(modified, plan(List.of(file)).file(0).stamp().modified());
    SourceFile other = file("/a", "/a", new Stamp(1, TIME, modified, 1, false));
    assertEquals(modified, plan(List.of(other)).file(0).stamp().changed());
  }

  @Test
  void aFileOfAnyPlaceComesBackWhateverItsPathInTheBatch() {
    List<SourceFile> files =
        List.of(
            file("/s/a", "/a"),
            file("/s/b/c", "/root/b/c"),
            file("/data/x", "/ta/x"),
            file("/other", "/nothing/in/common.txt"),
            file("/emoji/\ud83d\ude00", "/\ud83c\ude00"),
            file("/big", "/zz", new Stamp(Long.MAX_VALUE, TIME, CHANGED, 0, false)));
    Plan plan = plan(files);
    for (SourceFile file : files) {
      assertEquals(file, plan.file(plan.indexOf(file.path())));
    }
  }

  @Test
  void manyFilesAreInTheOrderOfTheirPathsBytesHoweverTheyCame() {
    List<SourceFile> files = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      String name =
          "/" + "d".repeat(1 + i % 90) + "/" + i + (i % 3 == 0 ? "\uffee" : "\ud83d\ude00");
      files.add(file("/s" + name, name));
    }
    Collections.shuffle(files, new Random(1));
    Plan plan = plan(files);
    files.sort((one, other) -> one.path().compareTo(other.path()));
    assertEquals(files, plan.files());
    for (int i = 0; i < files.size(); i++) {
      assertEquals(i, plan.indexOf(files.get(i).path()));
    }
    assertTrue(plan.indexOf(LogicalPath.parse("/nowhere")) < 0);
    assertEquals(7 * 5000, plan.bytes());
  }

  @Test
  void twoFilesWithOnePathAreRefusedByTheirNames() {
    List<SourceFile> files = List.of(file("/s/a", "/a"), file("/t/a", "/a"));
    ArchiveException problem = assertThrows(ArchiveException.class, () -> plan(files));
    assertEquals(ErrorCode.USAGE, problem.code());
    assertTrue(problem.getMessage().contains("/s/a"), problem.getMessage());
    assertTrue(problem.getMessage().contains("/t/a"), problem.getMessage());
  }

  @Test
  void whatIsLeftWithoutSomeFilesKeepsItsDigests() {
    Plan plan = plan(List.of(file("/s/c", "/c"), file("/s/a", "/a"), file("/s/b", "/b")));
    plan.setDigest(LogicalPath.parse("/b"), digest("b"));
    Plan rest = plan.without(Set.of("/a"));
    assertEquals(
        List.of(
            new Entry(LogicalPath.parse("/b"), 7, digest("b")),
            new Entry(LogicalPath.parse("/c"), 7, null)),
        rest.entries());
    assertEquals(14, rest.bytes());
    assertNull(rest.digest(1));
  }
}
