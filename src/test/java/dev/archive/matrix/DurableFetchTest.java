package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.IngestServer;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.SystemCall;
import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is said to be fetched survives a power cut, in the order of system calls: the bytes of a
 * file are synced before it gets its name, and each directory with new names before the end.
 */
@Timeout(300)
class DurableFetchTest {
  @TempDir Path directory;

  @Test
  void bytesAreSyncedBeforeNamesAndNamesBeforeTheEnd() throws Exception {
    TracedServer.assumeStrace();
    Path place = directory.toRealPath();
    Path tree = Trees.small(place.resolve("tree"), 3, 1);
    Trees.random(tree.resolve("deep/er/large"), 1 << 20, 1);
    Path target = place.resolve("not there/target");
    Map<String, String> environment = Map.of("XDG_STATE_HOME", place.resolve("state").toString());
    Path log = place.resolve("strace.log");
    try (IngestServer server = ServerFixture.start(place.resolve("root"))) {
      CommandRun upload =
          CommandRun.of(environment, "upload", "--json", "--server", server.url(), tree.toString());
      assertEquals(0, upload.exit(), upload.err());
      ArchiveProcess fetch =
          ArchiveProcess.run(
              place.resolve("out"),
              environment,
              List.of(
                  "strace",
                  "-f",
                  "-y",
                  "-qq",
                  "-e",
                  "trace=fsync,fdatasync,link,linkat,rename,renameat,renameat2,exit_group",
                  "-o",
                  log.toString()),
              List.of(),
              List.of(
                  "fetch",
                  "--server",
                  server.url(),
                  upload.receiptField("batch_id"),
                  "--to",
                  target.toString()));
      assertEquals(0, fetch.exit(), fetch::log);
    }
    Set<String> synced = new HashSet<>();
    List<String> wrong = new ArrayList<>();
    int named = 0;
    for (SystemCall call : SystemCall.parse(Files.readAllLines(log))) {
      if (call.name().contains("sync") && call.succeeded()) {
        synced.add(Path.of(call.file()).toString());
      } else if (call.arguments().contains(".part\"") && call.result() == null) {
        named++;
        String temp = call.arguments().replaceFirst("\\.part\".*", ".part");
        temp = temp.substring(temp.lastIndexOf('/') + 1);
        String name = temp;
        if (synced.stream().noneMatch(each -> each.endsWith("/" + name))) {
          wrong.add(call.arguments());
        }
        // Names that were synced before this one do not count.
        synced.removeIf(each -> !each.endsWith(".part") && each.startsWith(target.toString()));
      }
    }
    assertEquals(List.of(), wrong, "named before their bytes were synced");
    assertEquals(Trees.files(tree).size(), named, "files that got their names");
    for (String each : List.of("", "/deep", "/deep/er")) {
      assertTrue(synced.contains(target + each), "synced at the end: " + each + " of " + synced);
    }
    assertTrue(synced.contains(target.getParent().toString()), synced.toString());
    assertTrue(synced.contains(place.toString()), synced.toString());
  }
}
