package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SQLite's native library comes from the cache, and a temporary directory is not needed for it. */
class SqliteLibraryTest {
  @TempDir Path directory;
  private Path cache;
  private Path tree;

  @BeforeEach
  void prepare() throws IOException {
    cache = Files.createDirectory(directory.resolve("cache"));
    tree = Trees.small(directory.resolve("tree"), 2, 1);
  }

  private ArchiveProcess upload(Path cache, Path temporary) throws IOException {
    return ArchiveProcess.run(
        directory.resolve("log"),
        Map.of(
            "ARCHIVE_HOME", directory.resolve("home").toString(),
            "XDG_STATE_HOME", directory.resolve("state").toString()),
        List.of(),
        List.of("-Darchive.cache=" + cache, "-Djava.io.tmpdir=" + temporary),
        List.of("upload", "--again", tree.toString()));
  }

  /** As unfit as one that is read-only or full: nothing can be made in it, by root either. */
  private Path unfit() throws IOException {
    Path file = directory.resolve("no directory");
    return Files.exists(file) ? file : Files.createFile(file);
  }

  @Test
  void aTemporaryDirectoryThatCannotBeUsedIsNotNeeded() throws Exception {
    try (ArchiveProcess upload = upload(cache, unfit())) {
      assertEquals(0, upload.exit(), upload.log());
    }
    Path library = library();
    byte[] whole = Files.readAllBytes(library);
    Files.writeString(library, "poisoned");
    try (ArchiveProcess upload = upload(cache, unfit())) {
      assertEquals(0, upload.exit(), upload.log());
    }
    assertArrayEquals(whole, Files.readAllBytes(library));
  }

  @Test
  void aCacheThatCannotBeUsedIsNotNeeded() throws Exception {
    Path temporary = Files.createDirectory(directory.resolve("tmp"));
    try (ArchiveProcess upload = upload(unfit(), temporary)) {
      assertEquals(0, upload.exit(), upload.log());
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.filter(each -> each.toString().contains("archive-")).toList());
    }
  }

  @Test
  void withoutAnyDirectoryOneLineSaysWhichToNameAndNothingOfDamage() throws Exception {
    try (ArchiveProcess upload = upload(unfit(), unfit())) {
      assertEquals(2, upload.exit(), upload.log());
      List<String> lines = upload.log().lines().toList();
      String last = lines.get(lines.size() - 1);
      assertTrue(lines.stream().allMatch(line -> line.startsWith("archive: ")), upload.log());
      assertTrue(last.startsWith("archive: SQLite's library cannot be loaded from"), last);
      assertTrue(last.contains("nothing was done; set XDG_CACHE_HOME to a directory"), last);
      assertFalse(last.contains("restore"), last);
    }
  }

  private Path library() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      List<Path> found = files.toList();
      assertEquals(1, found.size(), found.toString());
      return found.get(0);
    }
  }
}
