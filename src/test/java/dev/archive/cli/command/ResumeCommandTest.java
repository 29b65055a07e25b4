package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.IngestServer;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code archive resume} is the upload command again, by the batch it began. */
class ResumeCommandTest {
  /** A refused token ends a run at once, whatever the machine does meanwhile. */
  private static final Rules NO_BYTES =
      Rules.of(Rule.status(Match.request("PUT .*|POST .*/bundle"), 401, ""));

  @TempDir Path directory;
  private IngestServer server;
  private FaultProxy proxy;

  @BeforeEach
  void startAServerBehindAProxy() throws IOException {
    server = ServerFixture.start(directory.resolve("root"));
    URI url = URI.create(server.url());
    proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none());
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  private CommandRun archive(String... args) {
    return CommandRun.of(
        Map.of(
            "XDG_STATE_HOME", directory.resolve("state").toString(),
            "ARCHIVE_HOME", directory.resolve("home").toString()),
        args);
  }

  private Path tree(String name) throws IOException {
    return Trees.small(directory.resolve(name), 12, name.hashCode());
  }

  /** An upload that is interrupted before a byte got through. */
  private CommandRun brokenOff(Path tree, String... more) {
    proxy.setRules(NO_BYTES);
    List<String> args = new ArrayList<>(List.of("upload", "--json"));
    args.addAll(List.of("--server", proxy.uri().toString()));
    args.addAll(List.of(more));
    args.add(tree.toString());
    CommandRun run = archive(args.toArray(String[]::new));
    assertEquals(12, run.exit(), run.err());
    proxy.setRules(Rules.none());
    return run;
  }

  @Test
  void theOneUnfinishedRunNeedsNoName() throws IOException {
    CommandRun first = brokenOff(tree("a"), "--root-path", "/box", "--uploader", "somebody");
    CommandRun second = archive("resume", "--json");
    assertEquals(0, second.exit(), second.err());
    assertEquals(first.field("batch", "batch_id"), second.receiptField("batch_id"));
    assertNotNull(second.field("resumed", "files"));
    assertEquals(12, Trees.files(bag(second).resolve("data/box")).size());
    assertTrue(Files.readString(bag(second).resolve("bag-info.txt")).contains("somebody"));
  }

  @Test
  void ofSeveralTheBatchSaysWhich() throws IOException {
    CommandRun one = brokenOff(tree("a"));
    CommandRun other = brokenOff(tree("b"));
    CommandRun asked = archive("resume");
    assertEquals(2, asked.exit(), asked.err());
    assertTrue(asked.err().contains("2 runs are unfinished; nothing was done"), asked.err());
    List<String> lines = asked.outLines();
    assertEquals(3, lines.size());
    for (String part :
        List.of(
            one.field("batch", "batch_id"),
            proxy.uri().toString(),
            directory.resolve("a").toRealPath().toString())) {
      assertTrue(lines.stream().anyMatch(line -> line.contains(part)), asked.out());
    }
    CommandRun resumed = archive("resume", "--json", other.field("batch", "batch_id"));
    assertEquals(0, resumed.exit(), resumed.err());
    assertEquals(other.field("batch", "batch_id"), resumed.receiptField("batch_id"));
    CommandRun last = archive("resume", "--json");
    assertEquals(one.field("batch", "batch_id"), last.receiptField("batch_id"));
  }

  @Test
  void severalAreListedForMachinesToo() throws IOException {
    brokenOff(tree("a"));
    CommandRun other = brokenOff(tree("b"));
    CommandRun asked = archive("resume", "--json");
    assertEquals(2, asked.exit(), asked.err());
    assertEquals(
        2, asked.outLines().stream().filter(each -> each.contains("unfinished\"")).count());
    assertEquals("2", asked.field("error", "exit"), asked.out());
    assertEquals(other.field("batch", "batch_id"), asked.field("unfinished", "batch_id"));
  }

  @Test
  void nothingToResumeIsNoFailure() throws IOException {
    CommandRun none = archive("resume");
    assertEquals(0, none.exit(), none.err());
    assertTrue(none.err().contains("there is no run to resume"), none.err());
    CommandRun done =
        archive("upload", "--json", "--server", proxy.uri().toString(), tree("a").toString());
    assertEquals(0, archive("resume").exit());
    CommandRun named = archive("resume", done.receiptField("batch_id"));
    assertEquals(0, named.exit(), named.err());
    assertTrue(named.err().contains("was archived"), named.err());
  }

  @Test
  void aBatchOfNoRunHereIsWrongUsage() {
    CommandRun run = archive("resume", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assertEquals(2, run.exit());
    assertTrue(run.err().contains("there is no run of batch 01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  }

  @Test
  void metadataIsThatOfTheFirstCommandEvenWhenNoServerHeardIt() throws IOException {
    proxy.setRules(Rules.of(Rule.status(Match.request("POST .*/init"), 401, "")));
    CommandRun first =
        archive(
            "upload",
            "--metadata",
            "box=7",
            "--server",
            proxy.uri().toString(),
            tree("a").toString());
    assertEquals(12, first.exit(), first.err());
    proxy.setRules(Rules.none());
    CommandRun second = archive("resume", "--json");
    assertEquals(0, second.exit(), second.err());
    String info = Files.readString(bag(second).resolve("bag-info.txt"));
    assertTrue(info.contains("{\"box\":\"7\"}"), info);
  }

  @Test
  void aRunWithTheEmbeddedArchiveGoesBackToThatArchive() throws IOException {
    Path tree = tree("a");
    CommandRun first = archive("upload", "--json", tree.toString());
    assertEquals(0, first.exit(), first.err());
    changeJournal(line -> !line.contains("{\"finished\":"));
    Files.delete(
        directory.resolve("state/archive/receipts/" + first.receiptField("batch_id") + ".json"));
    CommandRun elsewhere =
        CommandRun.of(
            Map.of(
                "XDG_STATE_HOME", directory.resolve("state").toString(),
                "ARCHIVE_HOME", directory.resolve("elsewhere").toString()),
            "resume",
            "--json");
    assertEquals(0, elsewhere.exit(), elsewhere.err());
    assertEquals(first.receiptField("batch_id"), elsewhere.receiptField("batch_id"));
    assertEquals(first.receiptField("manifest_sha256"), elsewhere.receiptField("manifest_sha256"));
    assertTrue(Files.notExists(directory.resolve("elsewhere")));
  }

  @Test
  void aJournalThatCannotBeUsedIsNamedAndTheOthersAreStillResumed() throws IOException {
    brokenOff(tree("a"));
    changeJournal(line -> !line.contains("{\"header\":"));
    CommandRun alone = archive("resume");
    assertEquals(2, alone.exit(), alone.err());
    assertTrue(alone.err().contains("does not begin as a journal does"), alone.err());
    CommandRun other = brokenOff(tree("b"));
    CommandRun resumed = archive("resume", "--json");
    assertEquals(0, resumed.exit(), resumed.err());
    assertTrue(resumed.err().contains("does not begin as a journal does"), resumed.err());
    assertEquals(other.field("batch", "batch_id"), resumed.receiptField("batch_id"));
  }

  @Test
  void aRunThatMaySkipFilesStillMayWhenItIsResumed() throws IOException {
    CommandRun first = brokenOff(tree("a"), "--allow-skipped");
    String batch = first.field("batch", "batch_id");
    Path gone = Trees.files(directory.resolve("a")).get(3);
    Files.delete(gone);
    brokenOff(tree("b"));
    assertTrue(archive("resume", "--json").out().contains("\"allow_skipped\":true"));
    CommandRun resumed = archive("resume", "--json", batch);
    assertEquals(3, resumed.exit(), resumed.err());
    assertEquals(batch, resumed.receiptField("batch_id"));
    assertEquals(11, Trees.files(bag(resumed).resolve("data")).size());
    assertTrue(resumed.err().contains("resuming with --allow-skipped"), resumed.err());
    assertTrue(resumed.out().contains("resuming with --allow-skipped"), resumed.out());
    assertTrue(resumed.err().contains(gone.getFileName().toString()), resumed.err());
  }

  @Test
  void theLastCommandSaysWhetherFilesMayBeSkipped() throws IOException {
    Path tree = tree("a");
    brokenOff(tree, "--allow-skipped");
    brokenOff(tree);
    assertFalse(archive("resume").err().contains("resuming with"), "the last command had not");
    Trees.random(tree.resolve("new"), 10, 1);
    brokenOff(tree);
    brokenOff(tree, "--allow-skipped");
    CommandRun resumed = archive("resume");
    assertEquals(0, resumed.exit(), resumed.err());
    assertTrue(resumed.err().contains("resuming with --allow-skipped"), resumed.err());
  }

  @Test
  void whatSaysWhereBytesMayGoIsNotKept() throws IOException {
    brokenOff(tree("a"), "--allow-upload-host", "elsewhere.example", "--allow-empty");
    assertFalse(Files.readString(journal()).contains("elsewhere"));
    Trees.files(directory.resolve("a")).forEach(file -> assertTrue(file.toFile().delete()));
    CommandRun resumed = archive("resume");
    assertEquals(2, resumed.exit(), resumed.err());
    assertTrue(resumed.err().contains("say --allow-empty"), resumed.err());
  }

  @Test
  void whatWasAbortedIsNotUploadedAgain() throws IOException {
    String batch = brokenOff(tree("a")).field("batch", "batch_id");
    assertEquals(0, archive("abort", "--server", server.url(), batch).exit());
    for (String[] args : new String[][] {{"resume", "--json"}, {"resume", "--json", batch}}) {
      CommandRun resumed = archive(args);
      assertEquals(4, resumed.exit(), resumed.err());
      assertTrue(resumed.err().contains("batch " + batch + " was aborted"), resumed.err());
      assertNull(resumed.field("batch", "batch_id"), resumed.out());
    }
    assertEquals(0, archive("resume", "--forget", batch).exit());
    assertEquals(0, archive("resume").exit());
  }

  @Test
  void aRunWhoseSourceIsGoneIsNamedAndKeepsNoOtherFromBeingResumed() throws IOException {
    Path gone = tree("a");
    String batch = brokenOff(gone).field("batch", "batch_id");
    Trees.delete(gone);
    CommandRun alone = archive("resume");
    assertEquals(3, alone.exit(), alone.err());
    assertTrue(alone.err().contains("is gone"), alone.err());
    assertEquals(3, archive("resume", batch).exit());
    CommandRun other = brokenOff(tree("b"));
    CommandRun resumed = archive("resume", "--json");
    assertEquals(0, resumed.exit(), resumed.err());
    assertEquals(other.field("batch", "batch_id"), resumed.receiptField("batch_id"));
    assertTrue(resumed.err().contains(batch), resumed.err());
    String run = alone.err().replaceFirst("(?s).*--forget ([0-9a-f]{32}).*", "$1");
    CommandRun forgotten = archive("resume", "--forget", run);
    assertEquals(0, forgotten.exit(), forgotten.err());
    assertTrue(forgotten.err().contains("is forgotten"), forgotten.err());
    assertEquals(0, archive("resume").exit());
    assertEquals(2, archive("resume", "--forget", run).exit());
  }

  @Test
  void aRunThatEndedCannotBeForgotten() throws IOException {
    CommandRun done =
        archive("upload", "--json", "--server", proxy.uri().toString(), tree("a").toString());
    assertEquals(2, archive("resume", "--forget", done.receiptField("batch_id")).exit());
    assertEquals(
        2, archive("resume", "--forget", journal().getParent().getFileName().toString()).exit());
  }

  @Test
  void aFlippedBitInAnyPartOfThePlanIsNamedDamageAndCanBeForgotten() throws IOException {
    brokenOff(tree("a"));
    byte[] whole = Files.readAllBytes(journal());
    String text = new String(whole, java.nio.charset.StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\n', text.indexOf("{\"planned\":"));
    for (int at : new int[] {3, 40, end / 2, end - 3, end}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      Files.write(journal(), damaged);
      CommandRun resumed = archive("resume");
      assertEquals(2, resumed.exit(), at + ": " + resumed.err());
      assertTrue(resumed.err().contains("cannot be used"), resumed.err());
      Files.write(journal(), java.util.Arrays.copyOf(damaged, end + 1));
      assertEquals(2, archive("resume").exit(), "the plan is its end");
    }
    Files.write(journal(), whole);
    changeJournal(line -> !line.contains("{\"header\":"));
    String run = journal().getParent().getFileName().toString();
    CommandRun forgotten = archive("resume", "--forget", run);
    assertEquals(0, forgotten.exit(), forgotten.err());
    assertEquals(0, archive("resume").exit());
  }

  private Path bag(CommandRun run) {
    return directory.resolve("root/batches").resolve(run.receiptField("batch_id"));
  }

  private void changeJournal(Predicate<String> keep) throws IOException {
    Path journal = journal();
    Files.write(journal, Files.readAllLines(journal).stream().filter(keep).toList());
  }

  private Path journal() throws IOException {
    try (var files = Files.walk(directory.resolve("state"))) {
      return files.filter(file -> file.endsWith("journal")).findFirst().orElseThrow();
    }
  }

  @Test
  void unfinishedRunsAreListedAndOneIsForgotten() throws IOException {
    assertEquals("", archive("runs").out());
    Path tree = tree("a");
    String batch = brokenOff(tree).field("batch", "batch_id");
    CommandRun list = archive("runs");
    assertEquals(0, list.exit(), list.err());
    assertTrue(list.outLines().get(0).matches("RUN +BATCH +LAST ACTIVE +SERVER +SOURCES"));
    assertTrue(list.outLines().get(1).contains(batch), list.out());
    String id = archive("runs", "list", "--json").field("unfinished", "run");
    assertTrue(list.outLines().get(1).startsWith(id), list.out());
    for (String wrong : List.of("runs forget", "runs forget " + "f".repeat(32), "runs list x")) {
      assertEquals(2, archive(wrong.split(" ")).exit(), wrong);
    }
    CommandRun forget = archive("runs", "forget", batch);
    assertEquals(0, forget.exit(), forget.err());
    assertTrue(forget.err().contains("is forgotten; batch " + batch), forget.err());
    assertEquals("", archive("runs").out());
    assertEquals(12, Trees.files(tree).size());
    Files.writeString(directory.resolve("state/archive/runs").resolve(id).resolve("journal"), "x");
    CommandRun damaged = archive("runs");
    assertEquals(3, damaged.exit(), damaged.err());
    assertEquals(0, archive("runs", "forget", id).exit());
  }
}
