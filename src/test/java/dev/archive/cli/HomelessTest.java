package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where HOME is not set and the user database has no entry, Java calls the home directory "?". */
class HomelessTest {
  @TempDir Path directory;

  private ArchiveProcess run(String... args) throws IOException {
    return ArchiveProcess.run(
        directory.resolve("log"),
        Map.of("HOME", "", "XDG_STATE_HOME", "", "XDG_DATA_HOME", "", "XDG_CACHE_HOME", ""),
        List.of(),
        List.of("-Duser.home=?"),
        List.of(args));
  }

  @Test
  void withoutAHomeDirectoryWhatToSetIsSaid() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 2, 1);
    for (String command : List.of("upload " + tree, "receipts", "audit", "resume")) {
      try (ArchiveProcess run = run(command.split(" "))) {
        assertEquals(2, run.exit(), run.log());
        assertTrue(
            run.log()
                .startsWith(
                    "archive: no home directory is known for this user; nothing was done; set HOME"
                        + " or XDG_"),
            run.log());
        assertEquals(1, run.log().lines().count(), run.log());
      }
    }
    assertTrue(Files.notExists(Path.of("?")));
  }

  @Test
  void whoNamesEveryPlaceNeedsNoHomeDirectory() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 2, 1);
    Path state = directory.resolve("state");
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        ArchiveProcess run =
            run("upload", "--server=" + server.url(), "--state-dir=" + state, tree.toString())) {
      assertEquals(0, run.exit(), run.log());
    }
    assertTrue(Files.notExists(Path.of("?")));
  }
}
