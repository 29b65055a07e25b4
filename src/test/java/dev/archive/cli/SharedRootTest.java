package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.ApiClient;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.testing.JavaProcess;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that use one root: embedded archives side by side, a server alone. */
class SharedRootTest {
  @TempDir Path directory;

  private Path home() {
    return directory.resolve("home");
  }

  private Process archive(String... args) throws IOException {
    return JavaProcess.program(
        Map.of(
            "ARCHIVE_HOME", home().toString(),
            "XDG_STATE_HOME", directory.resolve("state").toString()),
        args);
  }

  private IngestServer embedded() {
    return IngestServer.start(
        new ServerOptions(home(), "127.0.0.1", 0, null, "test", Duration.ofDays(7), true, null),
        Clock.systemUTC());
  }

  @Test
  void uploadsOfSeveralProcessesGoSideBySide() throws Exception {
    List<Process> uploads = new ArrayList<>();
    List<Path> trees = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Path tree = Trees.small(directory.resolve("tree" + i), 60, i);
      Trees.random(tree.resolve("large.bin"), 12_000_000, i);
      trees.add(tree);
      uploads.add(archive("upload", "--json", tree.toString()));
    }
    for (int i = 0; i < uploads.size(); i++) {
      String output = JavaProcess.output(uploads.get(i));
      assertEquals(0, uploads.get(i).exitValue(), output);
      CommandRun run = new CommandRun(0, output, "");
      Path bag = home().resolve("batches").resolve(run.receiptField("batch_id"));
      for (Path file : Trees.files(trees.get(i))) {
        String name = trees.get(i).relativize(file).toString();
        assertEquals(-1, Files.mismatch(file, bag.resolve("data").resolve(name)), name);
      }
      assertEquals(
          Trees.sha256(bag.resolve("manifest-sha256.txt")), run.receiptField("manifest_sha256"));
    }
  }

  @Test
  void embeddedArchiveIsRefusedWhereAServerRuns() throws Exception {
    try (IngestServer server =
        IngestServer.start(
            new ServerOptions(home(), "127.0.0.1", 0, null, "test"), Clock.systemUTC())) {
      Path tree = Trees.small(directory.resolve("tree"), 1, 1);
      Process upload = archive("upload", tree.toString());
      String output = JavaProcess.output(upload);
      assertEquals(11, upload.exitValue(), output + server.url());
      assertTrue(
          output.contains(
              "an archive server uses "
                  + home()
                  + "; nothing was done, name that server with --server URL, or stop it first"),
          output);
    }
  }

  @Test
  void serverIsRefusedWhereAnEmbeddedArchiveIsUsed() throws Exception {
    try (IngestServer first = embedded();
        IngestServer second = embedded()) {
      Process serve = archive("serve", "--root", home().toString(), "--listen", "127.0.0.1:0");
      String output = JavaProcess.output(serve);
      assertEquals(11, serve.exitValue(), output + first.url() + second.url());
      assertTrue(output.contains("other archive processes use " + home()), output);
    }
  }

  @Test
  void temporaryFilesAreSweptOnlyByOneThatIsAlone() throws Exception {
    Path temporary;
    try (IngestServer first = embedded()) {
      String batch = new ApiClient(first.url(), false).init(1);
      Path staging = Files.createDirectories(home().resolve("staging").resolve(batch));
      temporary = Files.writeString(staging.resolve("1-0a.tmp"), "under way");
      embedded().close();
      assertTrue(Files.exists(temporary), "not swept beside " + first.url());
    }
    embedded().close();
    assertFalse(Files.exists(temporary));
  }
}
