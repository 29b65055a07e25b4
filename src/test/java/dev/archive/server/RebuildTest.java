package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill of operations.md: a ledger that is lost, and the ways back. */
class RebuildTest {
  @TempDir Path directory;

  private Path root() {
    return directory.resolve("root");
  }

  private CommandRun archive(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--root", root().toString()));
    return CommandRun.of(
        Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
        all.toArray(String[]::new));
  }

  private static String finalized(ApiClient api, String... names) {
    Map<String, Object> request = ApiClient.initRequest(names.length, 0);
    request.put("metadata", Map.of("box", 7));
    String batch = api.post("/api/batches/init", request).expect(201).text("batch_id");
    for (String name : names) {
      api.add(batch, name, name.getBytes(UTF_8));
    }
    api.finalizeBatch(batch).expect(200);
    return batch;
  }

  @Test
  void ledgerIsMadeAgainFromTheBagsAlone() throws IOException {
    String whole;
    String damaged;
    String open;
    Answer receipt;
    try (RunningServer server = RunningServer.on(root())) {
      whole = finalized(server.api(), "/100% sure", "/box/b", "/box/line", "/ü");
      damaged = finalized(server.api(), "/a", "/b");
      open = server.api().init(2);
      server.api().add(open, "/a", "of an open batch".getBytes(UTF_8));
      receipt = server.api().finalizeBatch(whole).expect(200);
    }
    Files.delete(root().resolve("state.db"));
    Files.writeString(IngestServer.bag(root(), damaged).resolve("data/b"), "x");
    assertThrows(ArchiveException.class, () -> RunningServer.on(root()).close());

    CommandRun rebuild = archive("rebuild");
    assertEquals(6, rebuild.exit(), rebuild.err());
    assertTrue(rebuild.out().contains(whole + "  rebuilt"), rebuild.out());
    assertTrue(rebuild.out().contains(damaged + "  damaged: /b is altered"), rebuild.out());
    assertTrue(rebuild.out().contains(open + "  quarantined: batches-" + open), rebuild.out());
    assertEquals(
        "of an open batch",
        Files.readString(
            root().resolve("quarantine/batches-" + open).resolve(open).resolve("data/a")));

    try (RunningServer server = RunningServer.on(root())) {
      ApiClient api = server.api();
      Answer status = api.status(whole, "").expect(200);
      assertEquals(4, status.number("files_uploaded"));
      assertEquals("Ada Archivist", status.text("uploader"));
      assertEquals(7, status.field("metadata").get("box").asInt());
      Answer again = api.finalizeBatch(whole).expect(200);
      for (String field : List.of("files_uploaded", "total_bytes", "manifest_sha256", "version")) {
        assertEquals(receipt.field(field), again.field(field), field);
      }
      Answer first = api.get("/api/batches/" + whole + "/history").expect(200);
      assertEquals("adopted", first.field("events").get(0).get("kind").asText());
      assertEquals("rebuild", first.field("events").get(0).get("operation").asText());
      api.status(open, "").expect(404);
      api.status(damaged, "").expect(404);
      assertEquals(List.of(), BagCheck.problems(server.bag(whole)));
      CommandRun history = CommandRun.of(Map.of(), "history", whole, "--server", server.url());
      assertEquals(0, history.exit(), history.err());
    }
    Files.writeString(IngestServer.bag(root(), damaged).resolve("data/b"), "/b");
    assertEquals(0, archive("rebuild").exit());
    CommandRun audit = archive("audit");
    assertEquals(0, audit.exit(), audit.err() + audit.out());
  }

  @Test
  void copyThatIsOlderIsCompletedFromTheBags() throws IOException {
    Path copy = directory.resolve("copy.db");
    String before;
    String open;
    String after;
    try (RunningServer server = RunningServer.on(root())) {
      before = finalized(server.api(), "/a");
      open = server.api().init(2);
      server.api().add(open, "/a", "hello".getBytes(UTF_8));
      CommandRun backup = archive("backup-state", copy.toString());
      assertEquals(0, backup.exit(), backup.err());
      assertEquals(
          PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(copy));
      server.api().add(open, "/b", "hello".getBytes(UTF_8));
      server.api().finalizeBatch(open).expect(200);
      after = finalized(server.api(), "/a", "/b");
    }
    byte[] kept = Files.readAllBytes(copy);
    CommandRun over = archive("backup-state", copy.toString());
    assertEquals(2, over.exit());
    assertTrue(over.err().contains("exists already"), over.err());
    assertEquals(0, java.util.Arrays.compare(kept, Files.readAllBytes(copy)));

    Files.write(root().resolve("state.db"), kept);
    ArchiveException refusal =
        assertThrows(ArchiveException.class, () -> RunningServer.on(root()).close());
    assertTrue(refusal.getMessage().contains("older than the archive"), refusal.getMessage());
    CommandRun rebuild = archive("rebuild", "--json");
    assertEquals(0, rebuild.exit(), rebuild.err());
    assertEquals("ledger", rebuild.field("kept", "what"));
    try (RunningServer server = RunningServer.on(root())) {
      for (String batch : List.of(before, open, after)) {
        assertEquals("enqueued", server.api().status(batch, "").text("status"));
        CommandRun history = CommandRun.of(Map.of(), "history", batch, "--server", server.url());
        assertEquals(0, history.exit(), history.err());
      }
      String first = server.api().get("/api/batches/" + before + "/history").body();
      assertTrue(!first.contains("rebuild"), "what the copy knows stays as it was");
    }
    assertEquals(0, archive("audit").exit());
  }

  @Test
  void neitherWorksOnWhatIsNoRootOrIsInUse() throws IOException {
    assertEquals(2, archive("rebuild").exit());
    assertTrue(Files.notExists(root()), "nothing was made");
    assertEquals(2, archive("backup-state", directory.resolve("copy").toString()).exit());
    try (RunningServer server = RunningServer.on(root())) {
      finalized(server.api(), "/a");
      assertEquals(11, archive("rebuild").exit());
    }
  }

  @Test
  void anAmendedBatchKeepsItsListOfSkippedFiles() throws IOException {
    List<Map<String, String>> skipped = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      skipped.add(Map.of("path", "/" + "long name ".repeat(10) + i, "reason", "it is gone"));
    }
    String batch;
    try (RunningServer server = RunningServer.on(root())) {
      batch = server.api().init(10_001);
      server.api().add(batch, "/a", "/a".getBytes(UTF_8));
      String manifest = Sha256.of("/a".getBytes(UTF_8)) + "  data/a\n";
      Map<String, Object> expected =
          Map.of(
              "files", 1, "bytes", 2, "manifest_sha256", Sha256.of(manifest.getBytes(UTF_8)).hex());
      server
          .api()
          .post(
              "/api/batches/" + batch + "/finalize",
              Map.of("amended", true, "expected", expected, "skipped", skipped))
          .expect(200);
    }
    Files.delete(root().resolve("state.db"));
    CommandRun rebuild = archive("rebuild");
    assertEquals(0, rebuild.exit(), rebuild.err() + rebuild.out());
    try (RunningServer server = RunningServer.on(root())) {
      int told = 0;
      String from = "";
      while (from != null) {
        Answer page = server.api().status(batch, "?summary=true" + from).expect(200);
        told += page.field("skipped").size();
        from =
            page.json().has("skipped_next") ? "&skipped_from=" + page.number("skipped_next") : null;
      }
      assertEquals(10_000, told);
    }
    CommandRun audit = archive("audit");
    assertEquals(0, audit.exit(), audit.err());

    Path list = IngestServer.bag(root(), batch).resolve("skipped-files.jsonl");
    Files.writeString(list, Files.readString(list).replace("gone", "here"));
    Files.delete(root().resolve("state.db"));
    CommandRun altered = archive("rebuild");
    assertEquals(6, altered.exit(), altered.err());
    assertTrue(altered.out().contains("damaged: skipped-files.jsonl is altered"), altered.out());
  }
}
