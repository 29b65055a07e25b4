package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.audit.Quarantined;
import dev.archive.storage.Quarantine;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is not ours below a root, and what no ledger row knows. */
class OddFilesTest {
  private static final String UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  private static final String AS_FILE = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  private static final String AS_LINK = "01ARZ3NDEKTSV4RRFFQ69G5FAX";

  @TempDir Path root;

  private CommandRun archive(String... args) {
    return CommandRun.of(
        Map.of("ARCHIVE_HOME", root.toString(), "XDG_STATE_HOME", root + "-state"), args);
  }

  private Path file(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, name);
  }

  private String entry(String from) throws IOException {
    List<String> names =
        Quarantined.below(root).stream()
            .filter(entry -> from.equals(entry.from()))
            .map(Quarantined::name)
            .toList();
    assertEquals(1, names.size(), names::toString);
    return names.get(0);
  }

  @Test
  void strangeFilesNeitherKeepAServerFromStartingNorAreDeleted(@TempDir Path elsewhere)
      throws IOException {
    String batch;
    try (RunningServer server = RunningServer.on(root)) {
      batch = server.api().init(1);
      server.api().add(batch, "/a", "hello".getBytes(UTF_8));
    }
    Files.writeString(elsewhere.resolve("1-2.tmp"), "not ours");
    List<Path> strange = new ArrayList<>();
    for (String name :
        List.of(
            ".DS_Store",
            "notes.txt",
            "staging/.DS_Store",
            "staging/" + AS_FILE,
            "staging/a directory/notes.tmp",
            "staging/" + batch + "/.DS_Store",
            "staging/" + batch + "/notes.tmp",
            "batches/.DS_Store",
            "batches/" + AS_FILE,
            "batches/line\nbreak/x",
            "quarantine/.DS_Store")) {
      strange.add(file(name));
    }
    strange.add(Files.createSymbolicLink(root.resolve("staging").resolve(AS_LINK), elsewhere));
    strange.add(Files.createSymbolicLink(root.resolve("batches").resolve(AS_LINK), elsewhere));
    strange.add(Files.createSymbolicLink(root.resolve("staging/dangling"), root.resolve("no")));
    for (int start = 0; start < 2; start++) {
      try (RunningServer server = RunningServer.on(root)) {
        server.housekeep();
        server.api().get("/health/ready").expect(200);
        if (start == 1) {
          server.api().finalizeBatch(batch).expect(200);
        }
      }
      for (Path each : strange) {
        assertTrue(Files.exists(each, LinkOption.NOFOLLOW_LINKS), each::toString);
      }
      assertTrue(Files.exists(elsewhere.resolve("1-2.tmp")), "no link is followed");
    }
    CommandRun audit = archive("audit");
    assertEquals(4, audit.exit(), "what is extra is named");
    assertTrue(audit.err().contains(".DS_Store is extra"), audit.err());
  }

  /** What a person put into the directories of a batch that is aborted or expires. */
  private void strangersIn(String batch, Path elsewhere) throws IOException {
    for (String name :
        List.of(
            "/.DS_Store",
            "/data/.DS_Store",
            "/data/deep/notes.txt",
            "/data/forgotten/not.txt",
            "/data/b/inside a registered name",
            "/other/x")) {
      file("batches/" + batch + name);
    }
    Path data = root.resolve("batches").resolve(batch).resolve("data");
    Files.createSymbolicLink(data.resolve("link"), elsewhere);
  }

  private String batchWithStrangers(ApiClient api, Path elsewhere) throws IOException {
    String batch = api.init(4);
    api.add(batch, "/deep/er/a", "hello".getBytes(UTF_8));
    api.start(batch, "/b", 5).expect(200);
    api.start(batch, "/link/x", 5).expect(200);
    api.put(api.start(batch, "/forgotten/f", 5).text("presigned_url"), "hello".getBytes(UTF_8));
    api.post(
            "/api/batches/" + batch + "/files/forget",
            Map.of("r2_key", "staging/" + batch + "/forgotten/f"))
        .expect(200);
    Files.writeString(elsewhere.resolve("x"), "theirs");
    strangersIn(batch, elsewhere);
    file("batches/" + batch + "/data/forgotten/f");
    return batch;
  }

  private static void abort(RunningServer server, String batch) {
    server
        .api()
        .send("DELETE", server.url() + "/api/batches/" + batch, BodyPublishers.noBody())
        .expect(200);
  }

  private void assertOnlyStrangersAreKept(String batch, Path elsewhere) throws IOException {
    assertTrue(Files.notExists(root.resolve("batches").resolve(batch)));
    Path kept = root.resolve("quarantine").resolve(entry("batches/" + batch)).resolve(batch);
    for (String name :
        List.of(
            ".DS_Store",
            "data/.DS_Store",
            "data/deep/notes.txt",
            "data/forgotten/not.txt",
            "data/b/inside a registered name",
            "other/x")) {
      assertEquals("batches/" + batch + "/" + name, Files.readString(kept.resolve(name)));
    }
    assertTrue(Files.isSymbolicLink(kept.resolve("data/link")));
    assertEquals("theirs", Files.readString(elsewhere.resolve("x")));
    assertTrue(Files.notExists(kept.resolve("data/deep/er")), "what was registered is gone");
    assertTrue(Files.notExists(kept.resolve("data/forgotten/f")), "what was forgotten too");
    CommandRun audit = archive("audit");
    assertTrue(audit.err().contains("in quarantine: batches-" + batch), audit.err());
  }

  @Test
  void whatNobodyRegisteredInABatchIsKeptWhenItIsAborted(@TempDir Path elsewhere)
      throws IOException {
    try (RunningServer server = RunningServer.on(root)) {
      String batch = batchWithStrangers(server.api(), elsewhere);
      file("staging/" + batch + "/notes.txt");
      abort(server, batch);
      server.housekeep();
      assertOnlyStrangersAreKept(batch, elsewhere);
      Path staged = root.resolve("quarantine").resolve(entry("staging/" + batch));
      assertTrue(Files.exists(staged.resolve(batch).resolve("notes.txt")));
      abort(server, batch);
    }
  }

  @Test
  void whatNobodyRegisteredInABatchIsKeptWhenItExpires(@TempDir Path elsewhere) throws IOException {
    SettableClock clock = new SettableClock();
    String batch;
    try (RunningServer server = RunningServer.on(root, clock)) {
      batch = batchWithStrangers(server.api(), elsewhere);
      clock.advance(Duration.ofDays(8));
      server.housekeep();
      assertOnlyStrangersAreKept(batch, elsewhere);
    }
  }

  @Test
  void whatLiesBesideAnEntryInQuarantineKeepsNoServerFromStarting() throws IOException {
    String batch;
    try (RunningServer server = RunningServer.on(root)) {
      batch = server.api().init(1);
      server.api().add(batch, "/a", "hello".getBytes(UTF_8));
    }
    new Quarantine(root).take(Path.of("batches", batch), "a bag", "for the test", Instant.EPOCH);
    Path strange = file("quarantine/batches-" + batch + "/.DS_Store");
    try (RunningServer server = RunningServer.on(root)) {
      server.api().finalizeBatch(batch).expect(200);
    }
    RunningServer.on(root).close();
    assertTrue(Files.exists(strange));
  }

  @Test
  void whatTheLedgerDoesNotKnowIsSetAsideListedAndRemovedByAPersonOnly() throws IOException {
    RunningServer.on(root).close();
    file("staging/" + UNKNOWN + "/1-2.parts");
    file("batches/" + UNKNOWN + "/data/a");
    try (RunningServer server = RunningServer.on(root)) {
      server.housekeep();
      server.housekeep();
    }
    Path quarantine = root.resolve("quarantine");
    // Rounds in the background take part, so that an entry may be the second of its name.
    String staged = entry("staging/" + UNKNOWN);
    String bag = entry("batches/" + UNKNOWN);
    assertTrue(Files.exists(quarantine.resolve(staged).resolve(UNKNOWN).resolve("1-2.parts")));
    assertTrue(Files.exists(quarantine.resolve(bag).resolve(UNKNOWN).resolve("data/a")));
    List<String> note = Files.readAllLines(quarantine.resolve(staged).resolve("NOTE.txt"));
    assertEquals("What: bytes of batch " + UNKNOWN, note.get(0));
    assertTrue(note.get(1).matches("When: 20[-0-9]+T.*Z"), note.get(1));
    assertEquals("Why: the ledger does not know the batch", note.get(2));
    assertEquals("From: staging/" + UNKNOWN, note.get(3));

    CommandRun list = archive("quarantine", "list");
    assertEquals(0, list.exit());
    assertTrue(list.out().contains(staged + "  1 file  "), list.out());
    CommandRun audit = archive("audit");
    assertEquals(0, audit.exit());
    assertTrue(audit.err().contains("in quarantine: " + bag), audit.err());
    for (String wrong : List.of("..", "", "no-such", staged + "/..", "/")) {
      assertEquals(2, archive("quarantine", "remove", bag, wrong).exit(), wrong);
    }
    assertEquals(2, archive("quarantine", "remove").exit());
    assertEquals(2, archive("quarantine", "wipe").exit());
    assertTrue(Files.exists(quarantine.resolve(bag)), "all or none");
    assertEquals(0, archive("quarantine", "remove", bag).exit());
    assertTrue(Files.notExists(quarantine.resolve(bag)));
    assertTrue(Files.exists(quarantine.resolve(staged)));
  }
}
