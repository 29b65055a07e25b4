package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.IngestServer;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code audit} and {@code verify --deep}. */
class AuditCommandTest {
  @TempDir Path directory;
  private Path tree;
  private String batch;

  @BeforeEach
  void store() throws IOException {
    tree = Trees.small(directory.resolve("tree"), 10, 1);
    batch = upload();
  }

  private String upload() {
    CommandRun upload = run("upload", "--json", "--again", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    return upload.receiptField("batch_id");
  }

  private Path home() {
    return directory.resolve("home");
  }

  private CommandRun run(String... args) {
    return CommandRun.in(home(), args);
  }

  private Path stored(String name) {
    return home().resolve("batches").resolve(batch).resolve(name);
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[0] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void archiveThatIsWholeIsSaidToBeWhole() {
    CommandRun audit = run("audit");
    assertEquals(0, audit.exit(), audit.err());
    assertEquals("", audit.err());
    assertTrue(
        audit.out().matches("1 batch, 10 files, \\d+\\.\\d kB: all as they were stored\n"),
        audit.out());
    CommandRun deep = run("verify", "--deep", batch);
    assertEquals(0, deep.exit(), deep.err());
    assertTrue(
        deep.out().startsWith("batch " + batch + " (enqueued) read again: 10 files, "), deep.out());
  }

  @Test
  void eachKindOfDamageIsSaidInWordsThatAPersonUnderstands() throws IOException {
    flip(stored("data/box-0/letter 0.txt"));
    Files.writeString(stored("data/box-1/letter 1.txt"), "short");
    Files.delete(stored("data/box-2/letter 2.txt"));
    Files.delete(stored("data/box-3/letter 3.txt"));
    Files.createDirectory(stored("data/box-3/letter 3.txt"));
    Trees.file(stored("data/more.txt"), "more");
    Files.createSymbolicLink(stored("link"), tree);
    flip(stored("manifest-sha256.txt"));
    CommandRun audit = run("audit", batch.toLowerCase(java.util.Locale.ROOT));
    assertEquals(6, audit.exit(), audit.err());
    long size = Files.size(tree.resolve("box-0/letter 0.txt"));
    long before = Files.size(tree.resolve("box-1/letter 1.txt"));
    List<String> said =
        List.of(
            String.format(
                java.util.Locale.ROOT,
                "/box-0/letter 0.txt is altered: its %,d bytes are not those stored",
                size),
            String.format(
                java.util.Locale.ROOT,
                "/box-1/letter 1.txt is altered: it has 5 bytes, not %,d",
                before),
            "/box-2/letter 2.txt is missing",
            "/box-3/letter 3.txt is altered: it is a directory, not a file",
            "/more.txt is extra: no such file was archived",
            "link is extra: no such file was archived (a symbolic link)",
            "manifest-sha256.txt is altered: its "
                + Files.size(stored("manifest-sha256.txt"))
                + " bytes are not those stored");
    for (String each : said) {
      assertTrue(
          audit.errLines().stream()
              .anyMatch(
                  line -> line.replace(",", "").equals(("archive: " + each).replace(",", ""))),
          each + "\n" + audit.err());
    }
    assertEquals("archive: in batch " + batch + ":", audit.errLines().get(0));
    assertEquals(
        "archive: nothing was changed: restore what is named from another copy",
        audit.errLines().get(audit.errLines().size() - 1));
    assertTrue(audit.out().endsWith(": 4 altered, 1 missing, 2 extra\n"), audit.out());
    CommandRun deep = run("verify", "--deep", batch);
    assertEquals(6, deep.exit(), deep.err());
    assertTrue(deep.out().endsWith(": 4 altered, 1 missing, 2 extra\n"), deep.out());
  }

  @Test
  void missingAndExtraObjectsExitWithFourAndAlteredOnesWithSix() throws IOException {
    Trees.file(stored("data/more.txt"), "more");
    assertEquals(4, run("audit").exit());
    Files.delete(stored("data/box-2/letter 2.txt"));
    assertEquals(4, run("audit").exit());
    assertEquals(4, run("verify", "--deep", batch).exit());
    flip(stored("data/box-0/letter 0.txt"));
    assertEquals(6, run("audit").exit());
    assertEquals(6, run("verify", "--deep", batch).exit());
  }

  @Test
  void graverOfWhatIsStoredAndWhatIsHereDecides() throws IOException {
    assertEquals(0, run("verify", "--deep", batch, tree.toString()).exit());
    Trees.file(tree.resolve("new.txt"), "new");
    assertEquals(4, run("verify", "--deep", batch, tree.toString()).exit());
    flip(stored("data/box-0/letter 0.txt"));
    CommandRun both = run("verify", "--deep", batch, tree.toString());
    assertEquals(6, both.exit(), both.err());
    assertTrue(both.err().contains("/box-0/letter 0.txt is altered"), both.err());
    assertTrue(both.err().contains("/new.txt: is here and not in the batch"), both.err());
  }

  @Test
  void bagThatTheLedgerDoesNotKnowIsNamed() throws IOException {
    String stranger = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    Files.createDirectories(home().resolve("batches").resolve(stranger).resolve("data"));
    CommandRun audit = run("audit");
    assertEquals(4, audit.exit());
    assertTrue(
        audit
            .err()
            .contains(
                "archive: in batch "
                    + stranger
                    + ":\n"
                    + "archive: the bag as a whole is extra: the ledger does not know this"
                    + " batch"),
        audit.err());
    assertEquals(4, run("audit", stranger).exit());
    assertEquals(0, run("audit", batch).exit());
  }

  @Test
  void unfinishedFilesAreNamedAndTheOthersRead() throws Exception {
    try (IngestServer server = ServerFixture.start(home())) {
      String open =
          post(
                  server,
                  "init",
                  "{\"uploader\":\"Ada\",\"root_path\":\"/\",\"file_count\":1,\"total_size\":5}")
              .replaceFirst(".*\"batch_id\":\"([0-9A-Z]{26})\".*", "$1");
      post(
          server,
          open + "/files/start",
          "{\"file_name\":\"a\",\"file_size\":5,\"logical_path\":\"/a\",\"content_type\":\"x/y\"}");
      CommandRun deep = run("verify", "--deep", open, "--server", server.url());
      assertEquals(3, deep.exit(), deep.err());
      assertTrue(
          deep.err().contains("/a is not finished: its upload was not completed"), deep.err());
      CommandRun audit = run("audit");
      assertEquals(0, audit.exit(), "uploads go on beside an audit: " + audit.err());
      assertTrue(audit.out().startsWith("2 batches, 11 files, 10 read, "), audit.out());
      assertTrue(audit.out().endsWith(": 1 unfinished\n"), audit.out());
    }
  }

  private static String post(IngestServer server, String call, String body) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(server.url() + "/api/batches/" + call))
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString())
        .body();
  }

  @Test
  void auditChangesNothingOfTheArchive() throws IOException {
    List<String> before = contents();
    assertEquals(0, run("audit").exit());
    assertEquals(before, contents());
  }

  /** All files of the archive but those that SQLite makes to read beside others. */
  private List<String> contents() throws IOException {
    List<String> contents = new ArrayList<>();
    for (Path file : Trees.files(home())) {
      if (!file.toString().matches(".*-(shm|wal)")) {
        contents.add(file + " " + Files.getLastModifiedTime(file) + " " + Trees.sha256(file));
      }
    }
    return contents;
  }

  @Test
  void reportHasWhatWasFoundAndHowMuchWasRead() throws IOException {
    Files.delete(stored("data/box-2/letter 2.txt"));
    Path report = directory.resolve("report.jsonl");
    CommandRun audit = run("audit", "--report", report.toString());
    assertEquals(4, audit.exit(), audit.err());
    List<String> lines = Files.readAllLines(report);
    assertEquals(3, lines.size());
    assertTrue(
        lines.get(0).startsWith("{\"event\":\"audit\",\"of\":\"" + home() + "\""), lines.get(0));
    assertTrue(
        lines
            .get(1)
            .startsWith(
                "{\"event\":\"finding\",\"batch_id\":\""
                    + batch
                    + "\",\"path\":\"/box-2/letter 2.txt\",\"defect\":\"missing\""),
        lines.get(1));
    assertTrue(
        lines
            .get(2)
            .startsWith("{\"event\":\"audited\",\"batches\":1,\"files\":10,\"files_read\":9,"),
        lines.get(2));
    CommandRun deep = run("verify", "--deep", batch, "--json", "--report", report.toString());
    assertEquals(4, deep.exit(), deep.err());
    assertEquals(Files.readAllLines(report).get(1), deep.outLines().get(0));
    assertTrue(
        deep.outLines()
            .get(1)
            .startsWith("{\"event\":\"audited\",\"batch_id\":\"" + batch + "\",\"status\":\"enq"),
        deep.out());
  }

  @Test
  void sampleReadsSomeAndSeesAll() throws IOException {
    CommandRun some = run("audit", "--json", "--sample", "30%");
    assertEquals(0, some.exit(), some.err());
    assertEquals("10", some.field("audited", "files"));
    assertTrue(Integer.parseInt(some.field("audited", "files_read")) < 10, some.out());
    Files.writeString(stored("data/box-1/letter 1.txt"), "short");
    Files.delete(stored("data/box-2/letter 2.txt"));
    CommandRun little = run("audit", "--json", "--sample", "0.000001");
    assertEquals(6, little.exit());
    assertEquals("1", little.field("audited", "altered"));
    assertEquals("1", little.field("audited", "missing"));
    assertEquals("0", little.field("audited", "files_read"));
  }

  @Test
  void brokenConnectionIsTakenUpWhereItBroke() throws Exception {
    flip(stored("data/box-0/letter 0.txt"));
    try (IngestServer server = ServerFixture.start(home());
        FaultProxy proxy =
            FaultProxy.start(
                "127.0.0.1",
                URI.create(server.url()).getPort(),
                1,
                Rules.of(Rule.dropResponse(Match.request("GET .*/audit.*").first(2))))) {
      CommandRun deep = run("verify", "--deep", batch, "--server", proxy.uri().toString());
      assertEquals(6, deep.exit(), deep.err());
      assertEquals(1, deep.errLines().stream().filter(each -> each.contains("altered")).count());
      assertTrue(deep.out().endsWith(": 1 altered\n"), deep.out());
    }
  }

  @Test
  void ledgerOfAnotherVersionIsLeftAsItIs() throws Exception {
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + home().resolve("state.db"));
        Statement statement = ledger.createStatement()) {
      statement.execute("PRAGMA user_version = 1");
      assertWrong("written by an older archive; nothing was done", "audit");
      statement.execute("PRAGMA user_version = 99");
      assertWrong("written by a newer archive", "audit");
    }
  }

  @Test
  void serverThatCannotReadAgainIsNotAsked() throws Exception {
    KeyValueIngestOptions options = KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).build();
    try (KeyValueIngestServer other = new KeyValueIngestServer(options).start()) {
      CommandRun deep = run("verify", "--deep", batch, "--server", other.url().toString());
      assertEquals(2, deep.exit(), deep.err());
      assertTrue(deep.err().contains("does not read its batches again"), deep.err());
    }
  }

  @Test
  void whatCannotBeDoneIsSaidBeforeAnythingIsRead() throws IOException {
    assertWrong("name what was archived (DIR...), or say --deep", "verify", batch);
    assertWrong(
        "--sample, --report, --max-age and --again go with --deep only",
        "verify",
        "--sample",
        "5",
        batch,
        tree.toString());
    for (String percent : List.of("0", "101", "x", "-1", "1e1")) {
      assertWrong("not a percentage", "audit", "--sample", percent);
    }
    assertWrong("argument 3, after --sample, is empty", "audit", "--sample", "");
    assertWrong("--parallel is a number from 1 to 256", "audit", "--parallel", "0");
    assertWrong("a report cannot be written", "audit", "--report", home().toString());
    assertWrong("a report cannot be written", "audit", "--report", "/no/such/place/report");
    assertWrong("no root of an archive", "audit", "--root", tree.toString());
    assertWrong("not a batch id", "audit", "all");
    assertFalse(Files.exists(Path.of(home() + "-state", "archive", "audits")));
  }

  private void assertWrong(String message, String... args) {
    CommandRun run = run(args);
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals("", run.out());
  }
}
