package dev.archive.client;

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
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A plan keeps its files packed, and gives each back as it was. */
class PlanTest {
  private static final FileTime TIME =
      FileTime.from(Instant.parse("1999-12-31T23:59:59.123456789Z"));
  private static final String KEY = "(dev=fe00,ino=4711)";

  private static SourceFile file(String file, String path) {
    return new SourceFile(Path.of(file), LogicalPath.parse(path), 7, TIME, KEY);
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
  @NullSource
  @ValueSource(
      strings = {
        KEY,
        "",
        "no number",
        "(volume=9,file=00012)",
        "0",
        "000",
        "18446744073709551615",
        "99999999999999999999999999",
        "-5"
      })
  void aFileKeyOfAnyFormComesBack(String key) {
    SourceFile file = new SourceFile(Path.of("/a/b"), LogicalPath.parse("/b"), 1, TIME, key);
    assertEquals(file, plan(List.of(file)).file(0));
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
    SourceFile file = new SourceFile(Path.of("/a"), LogicalPath.parse("/a"), 1, modified, KEY);
    assertEquals(modified, plan(List.of(file)).file(0).modified());
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
            new SourceFile(Path.of("/big"), LogicalPath.parse("/zz"), Long.MAX_VALUE, TIME, null));
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
